import type { ProducerRecord } from "../kafka/producer/record-producer.ts";
import type { SinkRecord } from "../plan/output.ts";

// A record as it travels from a task to the driver: mostly a pair of key and value, which takes two columns of a block.

type Collected =
  | readonly [key: SinkRecord["key"], value: SinkRecord["value"]]
  | readonly [
      key: SinkRecord["key"],
      value: SinkRecord["value"],
      topic: string | undefined,
      partition: number | undefined,
      headers: SinkRecord["headers"],
    ];

export function collectedRecord({ key = null, value, topic, partition, headers }: SinkRecord): Collected {
  const isPlain = topic === undefined && partition === undefined && headers === undefined;
  return isPlain ? [key, value] : [key, value, topic, partition, headers];
}

/** The record that a producer gets; `sinkTopic` is where records go that name no topic. */
export function producerRecord(row: unknown, sinkTopic: string): ProducerRecord {
  const [key, value, topic = sinkTopic, partition, headers] = row as [
    string,
    string,
    string?,
    number?,
    SinkRecord["headers"]?,
  ];
  return { topic, key, value, ...(partition !== undefined && { partition }), ...(headers && { headers }) };
}
