import { decodeUtf8 } from "../codec/block.ts";
import type { ProducerRecord } from "../kafka/producer/record-producer.ts";
import type { SinkRecord } from "../plan/output.ts";

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
    ];

export function collectedRecord({ key = null, value, topic, partition, headers }: SinkRecord): Collected {
  const isPlain = topic === undefined && partition === undefined && headers === undefined;
  return isPlain ? [key, value] : [key, value, topic, partition, headers];
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
  const [key, value, topic = sinkTopic, partition, headers] = row;
  return { topic, key, value, ...(partition !== undefined && { partition }), ...(headers && { headers }) };
}
