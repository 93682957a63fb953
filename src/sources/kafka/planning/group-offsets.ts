import { DStreamError } from "../../../errors/dstream-error.ts";
import { KafkaClient } from "../../../kafka/client/kafka-client.ts";
import type { GroupOffset } from "../../../kafka/client/requests/groups.ts";
import type { KafkaConnection, PlannedRange } from "../../../kafka/types.ts";
import type { JobLog } from "../../../runtime/log/job-log.ts";
import type { Machine } from "../../../runtime/machine/machine.ts";
import type { Timer } from "../../../runtime/machine/timers.ts";
import { giveUpGraceMs } from "../../../runtime/unless-abandoned.ts";

/**
 * Commits the ends of ranges as a group's offsets, in the background: they show how far the job is, and where a job without a checkpoint
 * begins. One request is under way at most; what comes meanwhile is committed with the next, the newest of each partition. A coordinator
 * that keeps silent holds nothing but this: it has connections of its own.
 */
export class GroupOffsets {
  readonly #connection: KafkaConnection;
  readonly #group: string;
  readonly #log: JobLog;
  readonly #machine: Machine;
  #client: KafkaClient | undefined;
  #waiting = new Map<string, GroupOffset>();
  #running: Promise<void> | undefined;
  /** What was warned of last, so that a job that cannot commit says so once. */
  #warnedOf: string | undefined;

  constructor(connection: KafkaConnection, group: string, log: JobLog, machine: Machine) {
    this.#connection = connection;
    this.#group = group;
    this.#log = log;
    this.#machine = machine;
  }

  commit(ranges: readonly PlannedRange[]): void {
    const ends = new Map<string, GroupOffset>();
    for (const { topic, partition, untilOffset: offset, leaderEpoch } of ranges) {
      const id = `${topic}-${partition}`;
      if (offset <= (ends.get(id)?.offset ?? -1)) continue;
      ends.set(id, { topic, partition, offset, ...(leaderEpoch !== undefined && { leaderEpoch }) });
    }
    for (const [id, end] of ends) this.#waiting.set(id, end);
    this.#running ??= this.#run();
  }

  /** Resolves when everything was committed, or failed, or has taken too long. */
  async settled(): Promise<void> {
    if (this.#running === undefined) return;
    let timer: Timer | undefined;
    const late = new Promise<void>((resolve) => {
      timer = this.#machine.timers.after(giveUpGraceMs, resolve);
    });
    await Promise.race([this.#running, late]);
    timer?.cancel();
  }

  async close(): Promise<void> {
    await this.settled();
    this.#waiting.clear();
    // Nobody is told of what the end of the client breaks.
    this.#warnedOf = undefined;
    const client = this.#client;
    this.#client = undefined;
    await client?.close();
  }

  async #run(): Promise<void> {
    const { brokers = [] } = this.#connection;
    this.#client ??= new KafkaClient({ ...this.#connection, brokers }, this.#machine);
    const client = this.#client;
    while (this.#waiting.size > 0) {
      const offsets = [...this.#waiting.values()];
      this.#waiting.clear();
      try {
        await client.commitOffsets(this.#group, offsets);
        this.#warnedOf = undefined;
      } catch (thrown) {
        if (this.#client === client) this.#warn(DStreamError.from(thrown));
      }
    }
    this.#running = undefined;
  }

  #warn({ code, message, data }: DStreamError): void {
    const kind = `${code} ${String(data.error)}`;
    if (kind === this.#warnedOf) return;
    this.#warnedOf = kind;
    const text = `the offsets of group "${this.#group}" could not be committed; the job goes on, and Kafka's tools show its lag wrong: ${message}`;
    this.#log.warn("OFFSETS_NOT_COMMITTED", text, { group: this.#group, errorCode: code });
  }
}
