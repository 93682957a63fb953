import { DStreamError } from "dstream";
import { KafkaClient } from "../../src/kafka/client/kafka-client.ts";
import type { PlannedRange } from "../../src/kafka/types.ts";
import type { Timers } from "../../src/runtime/machine/timers.ts";
import { readRecords } from "../../src/sources/kafka/reading/record-source.ts";
import type { TopicRecord } from "./jobs.ts";
import type { SimWorld } from "./world/sim-world.ts";

const patience = { times: 20, pauseMs: 1_000 };

/** A reader of committed records, on a host of its own: what it has seen once must stay. */
export class Observer {
  readonly #client: KafkaClient;
  readonly #timers: Timers;
  readonly #seen = new Map<string, TopicRecord[]>();
  readonly #positions = new Map<string, number>();

  constructor(world: SimWorld, brokers: readonly string[]) {
    const host = world.host("observer");
    const machine = host.machineOf(host.start("observer"));
    this.#timers = machine.timers;
    this.#client = new KafkaClient({ brokers }, machine);
  }

  /** All committed records of a topic so far, partition by partition. */
  async records(topic: string): Promise<readonly TopicRecord[]> {
    await this.#patiently(() => this.#read(topic, this.#positions, this.#seen));
    return [...this.#seen].filter(([id]) => id.startsWith(`${topic}-`)).flatMap(([, records]) => records);
  }

  /** Reads a topic again, from its first record on, and says what is not as it was. */
  async changed(topic: string): Promise<string | undefined> {
    const again = new Map<string, TopicRecord[]>();
    await this.#patiently(() => this.#read(topic, new Map(), again));
    for (const [id, seen] of this.#seen) {
      if (!id.startsWith(`${topic}-`)) continue;
      const at = seen.findIndex(
        ({ key, value }, i) => again.get(id)?.[i]?.key !== key || again.get(id)?.[i]?.value !== value,
      );
      if (at >= 0)
        return `committed record ${at} of ${id} was ${seen[at]?.value}, and is ${again.get(id)?.[at]?.value ?? "gone"}`;
    }
    return undefined;
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  /** A broker that has just been started is not there yet. */
  async #patiently(read: () => Promise<void>): Promise<void> {
    for (let left = patience.times; ; left--) {
      try {
        return await read();
      } catch (error) {
        if (left === 0 || !(error instanceof DStreamError && error.retryable)) throw error;
      }
      await this.#timers.delay(patience.pauseMs);
    }
  }

  async #read(topic: string, positions: Map<string, number>, into: Map<string, TopicRecord[]>): Promise<void> {
    const count = await this.#client.partitionCount(topic);
    const partitions = Array.from({ length: count }, (_, partition) => ({ topic, partition }));
    const ends = await this.#client.listOffsets(partitions, "latest", "read_committed");
    for (const { partition, offset: untilOffset } of ends) {
      const id = `${topic}-${partition}`;
      const range: PlannedRange = { topic, partition, fromOffset: positions.get(id) ?? 0, untilOffset };
      const records = into.get(id) ?? [];
      into.set(id, records);
      if (range.fromOffset >= untilOffset) continue;
      const { signal } = new AbortController();
      const read: TopicRecord[] = [];
      for await (const chunk of readRecords(this.#client, range, { nullValues: "keep" }, signal))
        for (const { key, value, offset } of chunk)
          read.push({ partition, offset, key: String(key), value: String(value) });
      records.push(...read);
      positions.set(id, untilOffset);
    }
  }
}
