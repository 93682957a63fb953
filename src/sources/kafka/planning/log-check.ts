import { DStreamError } from "../../../errors/dstream-error.ts";
import type { KafkaClient } from "../../../kafka/client/kafka-client.ts";
import type { ListedOffset } from "../../../kafka/client/requests/list-offsets.ts";
import {
  describeTruncation,
  type EpochPosition,
  logTruncated,
  type Truncation,
  truncationsOf,
} from "../../../kafka/consumer/log-truncation.ts";
import type { KafkaSourceOptions, NullValues, TopicPartition } from "../../../kafka/types.ts";
import type { JobLog } from "../../../runtime/log/job-log.ts";

/** Where a stream is in a partition. */
export interface LogPosition extends TopicPartition {
  offset: number;
  /** Of the leader under whom all records before the offset were there; undefined where that is not known. */
  leaderEpoch?: number | undefined;
}

type Policies = Pick<KafkaSourceOptions<unknown, unknown, NullValues>, "onLogTruncation" | "onOffsetOutOfRange">;

/** The end of a partition's log now. */
export type LogEnd = Pick<ListedOffset, "offset" | "leaderEpoch">;

/**
 * Sees that a stream goes on in the logs that it has read. Asked before each plan; brokers are asked only where a partition has
 * another leader than when its position was found, or has less than was read.
 */
export class LogCheck {
  readonly #client: KafkaClient;
  readonly #policies: Policies;
  readonly #log: JobLog;

  constructor(client: KafkaClient, policies: Policies, log: JobLog) {
    this.#client = client;
    this.#policies = policies;
    this.#log = log;
  }

  /**
   * Moves positions to where their logs part from what was read, if that is what the stream is told to do; returns what was found then.
   *
   * @throws LOG_TRUNCATED
   */
  async check(
    positions: readonly LogPosition[],
    endOf: (position: LogPosition) => LogEnd | undefined,
  ): Promise<readonly Truncation[]> {
    const suspects = positions.flatMap((position): (EpochPosition & { readonly of: LogPosition })[] => {
      const { topic, partition, offset, leaderEpoch } = position;
      const end = endOf(position);
      if (leaderEpoch === undefined || end === undefined || end.leaderEpoch < 0) return [];
      const isSuspect = end.leaderEpoch !== leaderEpoch || end.offset < offset;
      return isSuspect ? [{ topic, partition, offset, leaderEpoch, of: position }] : [];
    });
    const found: Truncation[] = [];
    for (const { of, ...truncation } of await truncationsOf(this.#client, suspects)) {
      if (this.#isLeftToRange(truncation, endOf(of) as LogEnd)) continue;
      if (this.#policies.onLogTruncation !== "continue") throw logTruncated(truncation);
      of.offset = truncation.partsAt ?? (await this.#startOf(truncation));
      of.leaderEpoch = undefined;
      const { topic, partition, offset } = of;
      const text = `${describeTruncation(truncation)}; the stream goes on at offset ${offset}`;
      this.#log.warn("LOG_TRUNCATED", text, { topic, partition, offset });
      found.push(truncation);
    }
    return found;
  }

  /** A program that says what to do when its offset is not in the log says it for a log that is shorter, too. */
  #isLeftToRange({ offset }: Truncation, end: LogEnd): boolean {
    const { onLogTruncation, onOffsetOutOfRange = "fail" } = this.#policies;
    return onLogTruncation === undefined && onOffsetOutOfRange !== "fail" && end.offset < offset;
  }

  async #startOf({ topic, partition }: TopicPartition): Promise<number> {
    const [start] = await this.#client.listOffsets([{ topic, partition }], "earliest", "read_uncommitted");
    return start?.offset ?? 0;
  }
}

/** @throws BROKER_UNREACHABLE, to try again: a leader that was replaced, and does not know it, has answered. */
export function checkLeaders(
  positions: readonly LogPosition[],
  endOf: (position: LogPosition) => LogEnd | undefined,
): void {
  for (const position of positions) {
    const { topic, partition, leaderEpoch = -1 } = position;
    const epoch = endOf(position)?.leaderEpoch ?? -1;
    if (epoch < 0 || epoch >= leaderEpoch) continue;
    const text = `${topic}-${partition} has no leader that knows of leader epoch ${leaderEpoch}: the one that answers is of epoch ${epoch}`;
    throw new DStreamError("BROKER_UNREACHABLE", text, { data: { topic, partition, leaderEpoch } });
  }
}
