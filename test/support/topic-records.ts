import type { ConsumerRecord } from "dstream";
import { KafkaClient } from "../../src/kafka/client/kafka-client.ts";
import { thisMachine } from "../../src/runtime/machine/machine.ts";
import { readRecords } from "../../src/sources/kafka/reading/record-source.ts";

/** The committed records of a topic, as text, partition by partition. */
export async function topicRecords(brokers: string, topic: string): Promise<ConsumerRecord<unknown, unknown>[]> {
  const client = new KafkaClient({ brokers: [brokers] }, thisMachine);
  try {
    const count = await client.partitionCount(topic);
    const partitions = Array.from({ length: count }, (_, partition) => ({ topic, partition }));
    const ends = await client.listOffsets(partitions, "latest", "read_committed");
    const records: ConsumerRecord<unknown, unknown>[] = [];
    for (const at of partitions) {
      const untilOffset = ends.find(({ partition }) => partition === at.partition)?.offset ?? 0;
      const range = { ...at, fromOffset: 0, untilOffset };
      const batches = readRecords(client, range, { nullValues: "keep" }, new AbortController().signal);
      for await (const batch of batches) records.push(...batch);
    }
    return records;
  } finally {
    await client.close();
  }
}
