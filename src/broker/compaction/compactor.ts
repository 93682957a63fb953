import { shownError } from "../../errors/shown/shown-error.ts";
import type { Machine } from "../../runtime/machine/machine.ts";
import type { Timer } from "../../runtime/machine/timers.ts";
import type { PartitionLog } from "../log/partition-log.ts";
import type { TopicStore } from "../topics/topic-store.ts";
import { compactLog, isCompactionDue } from "./compact-log.ts";

/** How often it is looked for work. Kafka's log.cleaner.backoff.ms is 15 s, and asks of the disk what memory knows here. */
const intervalMs = 1_000;
/** A log that could not be compacted, for want of space or because it is damaged, is tried again after this. */
const retryMs = 60_000;

/** Compacts the logs of compacted topics, one at a time, beside other work. */
export class Compactor {
  readonly #topics: TopicStore;
  readonly #log: (line: string) => void;
  readonly #machine: Pick<Machine, "clock" | "timers">;
  readonly #stopping = new AbortController();
  readonly #timer: Timer;
  readonly #failedMs = new WeakMap<PartitionLog, number>();
  #round: Promise<void> | undefined;

  /** @param log told what an operator should know. */
  constructor(topics: TopicStore, log: (line: string) => void, machine: Pick<Machine, "clock" | "timers">) {
    this.#topics = topics;
    this.#machine = machine;
    this.#log = log;
    const look = (): void => {
      this.#round ??= this.#compactAll().finally(() => {
        this.#round = undefined;
      });
    };
    this.#timer = machine.timers.every(intervalMs, look).unref();
  }

  /** Resolves when what is under way is done. */
  async idle(): Promise<void> {
    await this.#round;
  }

  /** What is under way is given up; nothing is touched after this. */
  async stop(): Promise<void> {
    this.#timer.cancel();
    this.#stopping.abort();
    await this.#round;
  }

  async #compactAll(): Promise<void> {
    for (const topic of [...this.#topics.all()]) {
      for (const [partition, log] of topic.partitions.entries()) {
        if (this.#stopping.signal.aborted) return;
        const nowMs = this.#machine.clock.now();
        if (nowMs < (this.#failedMs.get(log) ?? 0) + retryMs) continue;
        try {
          if (!isCompactionDue(log, nowMs)) continue;
          const endOffset = await compactLog(log, this.#machine, { nowMs, signal: this.#stopping.signal });
          if (endOffset !== undefined && this.#topics.get(topic.name) === topic)
            this.#topics.noteCleaned(topic, partition, endOffset);
        } catch (error) {
          if (this.#stopping.signal.aborted) return;
          this.#failedMs.set(log, nowMs);
          this.#log(`${topic.name}-${partition} cannot be compacted: ${shownError(error)}`);
        }
      }
    }
  }
}
