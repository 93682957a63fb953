import { decodeUtf8 } from "../../codec/block.ts";
import type { ProducerRecord } from "../../kafka/producer/record-producer.ts";
import type { SinkRecord } from "../../plan/sink-record.ts";

// A record as it travels from a task to the driver: mostly a pair of key and value, which takes two columns of a block.

type Text = SinkRecord["value"];
type Collected =
  | readonly [key: Text, value: Text]
  | readonly [
      key: Text,
      value: Text,
      topic: string | undefined,
      partition: number | undefined,
      headers: SinkRecord["headers"],
      timestamp: number | undefined,
    ];

export function collectedRecord({ key = null, value, topic, partition, headers, timestamp }: SinkRecord): Collected {
  const hasHeaders = headers !== undefined && headers.length > 0;
  const isPlain = topic === undefined && partition === undefined && timestamp === undefined && !hasHeaders;
  if (isPlain) return [kept(key), kept(value)];
  const keptHeaders = headers?.map(([name, content]) => [name, kept(content)] as const);
  return [kept(key), kept(value), topic, partition, keptHeaders, timestamp];
}

/** Records wait for a block to be full, and meanwhile the program may use the memory of its bytes for the next. */
function kept(content: Text): Text {
  return typeof content === "string" || content === null ? content : new Uint8Array(content);
}

/** The records of a block for a producer; `sinkTopic` is where records go that name no topic. */
export function producerRecords(block: Uint8Array, sinkTopic: string): ProducerRecord[] {
  const content = decodeUtf8(block);
  if ("rows" in content) return content.rows.map((row) => producerRecord(row as Collected, sinkTopic));
  const { keys, values } = content;
  const records: ProducerRecord[] = new Array(keys.length);
  for (let i = 0; i < records.length; i++) {
    records[i] = {
      topic: sinkTopic,
      key: keys[i] as Text,
      value: values[i] as Text,
    };
  }
  return records;
}

function producerRecord(row: Collected, sinkTopic: string): ProducerRecord {
  const [key, value, topic = sinkTopic, partition, headers, timestamp] = row;
  return {
    topic,
    key,
    value,
    ...(partition !== undefined && { partition }),
    ...(headers && { headers }),
    ...(timestamp !== undefined && { timestamp }),
  };
}
