import { KafkaProducer } from "dstream";
import type { EmbeddedBroker } from "dstream/broker";

const numPartitions = 4;
const linesPerBatch = 400;
const vocabulary = 37;

export type Count = readonly [word: string, count: number];

/** A topic of words, which keeps count of what it was given. */
export class WordTopic {
  readonly name: string;
  readonly #broker: EmbeddedBroker;
  readonly #totals = new Map<string, number>();
  readonly #batches: Count[][] = [];

  private constructor(name: string, broker: EmbeddedBroker) {
    this.name = name;
    this.#broker = broker;
  }

  static async make(name: string, broker: EmbeddedBroker): Promise<WordTopic> {
    await broker.createTopic(name, { partitions: numPartitions });
    return new WordTopic(name, broker);
  }

  /** Lines for the next batch, on all partitions. Returns how often each word is in them. */
  async send(): Promise<Count[]> {
    const batch = this.#batches.length;
    const counts = new Map<string, number>();
    const producer = new KafkaProducer({ brokers: [this.#broker.bootstrapServers] });
    const sent = Array.from({ length: linesPerBatch }, (_, line) => {
      const words = [line * 7 + batch, line * 3 + 1, line].map((n) => `w${n % vocabulary}`);
      for (const word of words) {
        counts.set(word, (counts.get(word) ?? 0) + 1);
        this.#totals.set(word, (this.#totals.get(word) ?? 0) + 1);
      }
      return producer.send({ topic: this.name, partition: line % numPartitions, value: words.join(" ") });
    });
    await Promise.all(sent);
    await producer.close();
    this.#batches.push(sortedCounts(counts));
    return sortedCounts(counts);
  }

  /** The counts of all batches so far. */
  get counts(): Count[] {
    return this.#batches.flat();
  }

  /** How often each word was sent so far. */
  get totals(): Count[] {
    return sortedCounts(this.#totals);
  }
}

export function sortedCounts(counts: Iterable<Count>): Count[] {
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
}
