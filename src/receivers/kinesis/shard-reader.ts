import { setTimeout as delay } from "node:timers/promises";
import {
  isExpired,
  isThrottled,
  type KinesisCalls,
  type RecordAnswer,
  type ShardIteratorRequest,
} from "./kinesis-calls.ts";

/** A place in a shard where reading begins. */
export type Start = { readonly after: string } | { readonly since: number } | "TRIM_HORIZON" | "LATEST";

export interface ShardReading {
  readonly calls: KinesisCalls;
  readonly streamName: string;
  readonly shardId: string;
  readonly start: Start;
  /** Where it begins again as long as nothing was read: "LATEST" would mean another place by then. */
  readonly again: Start;
  /** Milliseconds between two calls when there was nothing new. */
  readonly pollInterval: number;
  readonly signal: AbortSignal;
  /** Resolves when there is room for records. */
  readonly ready: () => Promise<void>;
  /** Resolves when there was room for all of them. */
  readonly take: (records: readonly RecordAnswer[]) => Promise<void>;
  readonly report: (message: string, error: unknown) => void;
}

/** Kinesis lets a shard be read five times a second, and answers with at most 10,000 records. */
export const minPollIntervalMs = 200;
const maxRecords = 10_000;
const backoffMs = { first: 1_000, most: 10_000 };

/** Reads a shard until its end, or until `signal` aborts. Returns whether it came to the end. @throws what the calls throw. */
export async function readShard(reading: ShardReading): Promise<boolean> {
  const { calls, shardId, pollInterval, signal, ready, take, report } = reading;
  let start = reading.again;
  let iterator = await iteratorAt(reading, reading.start);
  let waitMs = backoffMs.first;
  while (iterator !== undefined) {
    await ready();
    if (signal.aborted) return false;
    try {
      const request = { ShardIterator: iterator, Limit: maxRecords };
      const {
        Records = [],
        NextShardIterator,
        MillisBehindLatest = 0,
      } = await calls.getRecords(request, {
        abortSignal: signal,
      });
      await take(Records);
      const last = Records.at(-1)?.SequenceNumber;
      if (last !== undefined) start = { after: last };
      iterator = NextShardIterator;
      waitMs = backoffMs.first;
      if (iterator !== undefined) await pause(MillisBehindLatest > 0 ? minPollIntervalMs : pollInterval, signal);
    } catch (error) {
      if (signal.aborted) return false;
      if (isExpired(error)) {
        await pause(minPollIntervalMs, signal);
        iterator = await iteratorAt(reading, start);
      } else if (isThrottled(error)) {
        report(`Kinesis asks to read ${shardId} more slowly; reading on in ${waitMs / 1_000} s`, error);
        await pause(waitMs, signal);
        waitMs = Math.min(2 * waitMs, backoffMs.most);
      } else throw error;
    }
  }
  return true;
}

async function iteratorAt(
  { calls, streamName, shardId, signal }: ShardReading,
  start: Start,
): Promise<string | undefined> {
  const request = { StreamName: streamName, ShardId: shardId, ...startOf(start) };
  return (await calls.getShardIterator(request, { abortSignal: signal })).ShardIterator;
}

function startOf(start: Start): Omit<ShardIteratorRequest, "StreamName" | "ShardId"> {
  if (typeof start === "string") return { ShardIteratorType: start };
  if ("since" in start) return { ShardIteratorType: "AT_TIMESTAMP", Timestamp: new Date(start.since) };
  return { ShardIteratorType: "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber: start.after };
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => {});
}
