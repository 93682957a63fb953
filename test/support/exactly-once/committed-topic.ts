import { KafkaClient } from "../../../src/kafka/client/kafka-client.ts";
import { thisMachine } from "../../../src/runtime/machine/machine.ts";
import { readRecords } from "../../../src/sources/kafka/reading/record-source.ts";
import type { Entry } from "./ledger.ts";

/** The committed records of a topic, of which each read gives those since the one before it. */
export class CommittedTopic {
  readonly #client: KafkaClient;
  readonly #topic: string;
  readonly #positions = new Map<number, number>();

  constructor(brokers: string, topic: string) {
    this.#client = new KafkaClient({ brokers: brokers.split(",") }, thisMachine);
    this.#topic = topic;
  }

  /** Partition after partition, in the order of offsets. */
  async *read(): AsyncGenerator<Entry> {
    const topic = this.#topic;
    const numPartitions = await this.#client.partitionCount(topic);
    const partitions = Array.from({ length: numPartitions }, (_, partition) => ({ topic, partition }));
    for (const { partition, offset } of await this.#client.listOffsets(partitions, "latest", "read_committed")) {
      const range = { topic, partition, fromOffset: this.#positions.get(partition) ?? 0, untilOffset: offset };
      for await (const records of readRecords(this.#client, range, {}, new AbortController().signal)) {
        for (const { key, value } of records) yield { key: String(key), value: String(value) };
      }
      this.#positions.set(partition, offset);
    }
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}

/** All committed records of a topic. */
export async function committedEntries(brokers: string, topic: string): Promise<Entry[]> {
  const committed = new CommittedTopic(brokers, topic);
  try {
    const entries: Entry[] = [];
    for await (const entry of committed.read()) entries.push(entry);
    return entries;
  } finally {
    await committed.close();
  }
}
