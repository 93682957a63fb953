import { DStreamError } from "../../errors/dstream-error.ts";
import type { Timers } from "../../runtime/machine/timers.ts";
import { brokerFailure } from "../client/broker-failure.ts";
import type { Isolation, KafkaClient } from "../client/kafka-client.ts";
import type { FetchResponse } from "../client/requests/fetch.ts";
import { obeyThrottle } from "../client/throttle.ts";
import type { FramePool } from "../protocol/frame-pool.ts";
import { defaultMaxFrameBytes } from "../protocol/frame-splitter.ts";
import { isRetriable, kafkaErrors } from "../protocol/kafka-error-codes.ts";
import { type BatchHeader, nextOffset } from "../record-batch/batch-header.ts";
import { BatchReader, defaultMaxDecompressedBytes } from "../record-batch/batch-reader.ts";
import { controlType } from "../record-batch/control-batch.ts";
import type { RecordColumns } from "../record-batch/record-columns.ts";
import type { PlannedRange } from "../types.ts";
import { AbortedFilter } from "./aborted-filter.ts";
import { CorruptBatches, checkOrder, type SkippedBatch } from "./corrupt-batches.ts";
import { logTruncated, truncationsOf } from "./log-truncation.ts";

export interface RangeReaderOptions {
  readonly isolationLevel: Isolation;
  /** Bytes of one response. Default 4 MiB. A larger batch comes whole all the same. */
  readonly fetchBytesMax?: number;
  /** Bytes that one batch may have once decompressed. Default 64 MiB. */
  readonly maxDecompressedBytes?: number;
  /** Whether the memory behind keys and values stays as it is after the batch. Default false: it is used again, which is faster. */
  readonly keepsBytes?: boolean;
  /** Is told of each batch of data that nobody can read, which is then passed over. Default: it is an error. */
  readonly onSkippedBatch?: (batch: SkippedBatch) => void;
  /** How long it is tried again to reach a leader, and answers are borne that bring nothing. Default 60,000. */
  readonly retryForMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Some records of one batch: those from index `from` up to, not including, `until`. They and
 * the bytes of their keys and values are valid until the next is asked for.
 */
export interface BatchRecords {
  readonly header: BatchHeader;
  readonly columns: RecordColumns;
  readonly from: number;
  readonly until: number;
}

const defaultFetchBytesMax = 4 * 1024 * 1024;
/** What a record is taken to have before some of the range are known, and how far above the average the next may lie. */
const recordBytes = { guess: 4 * 1024, margin: 2 };
const fetchBytesMin = 16 * 1024;
const maxWaitMs = 500;
/** A record batch begins with its first offset and its length. */
const batchLengthEnd = 12;
/** A frame's limit, less room for what is around the records. */
const largestFetchBytes = defaultMaxFrameBytes - 64 * 1024;
const defaultRetryForMs = 60_000;
const retryPauseMs = 100;
/** How long a log may be shorter than a range of it, as a part of the time that other answers are borne: 2 s. */
const shorterPart = 1 / 30;

/**
 * Reads exactly the records of a range. Offsets may be missing (compaction, transaction markers): the range ends when the
 * position reaches its end. While a response is processed the next one is already on its way. Of a range that says under which leader
 * it was planned, no records are given that came under a later one in place of others.
 *
 * @throws OFFSET_OUT_OF_RANGE, LOG_TRUNCATED, CORRUPT_BATCH, BATCH_TOO_LARGE, NOT_SUPPORTED, TOPIC_NOT_FOUND, BROKER_UNREACHABLE
 */
export async function* readRange(
  client: KafkaClient,
  range: PlannedRange,
  options: RangeReaderOptions,
): AsyncGenerator<BatchRecords, void, void> {
  const fetcher = new RangeFetcher(client, range, options);
  const reader = new BatchReader(range, options.maxDecompressedBytes ?? defaultMaxDecompressedBytes);
  const skipping = options.onSkippedBatch && new CorruptBatches(reader, range, options.onSkippedBatch);
  let position = range.fromOffset;
  let coming = position < range.untilOffset ? fetcher.fetch(position) : undefined;
  try {
    while (coming !== undefined) {
      const response = await coming;
      options.signal?.throwIfAborted();
      const { records } = response;
      const aborted = new AbortedFilter(options.isolationLevel === "read_committed" ? response.aborted : []);
      const headers = wholeBatches(skipping ?? reader, records, range);
      const last = headers.at(-1);
      const behind: number = last === undefined ? position : Math.max(position, nextOffset(last));
      if (last === undefined || behind === position) await fetcher.stalled(response, position);
      else fetcher.learn(last.end, behind - position);
      coming = behind < range.untilOffset ? fetcher.fetch(behind) : undefined;
      coming?.catch(() => {});
      for (const header of headers) {
        const isAborted = aborted.isAborted(header);
        const isInRange = nextOffset(header) > position && header.baseOffset < range.untilOffset;
        if (isInRange && fetcher.isSuspect(header)) await fetcher.clearSuspicion();
        if (header.isControl) {
          // What a marker says counts only for a producer whose records are left out.
          const isLooked = aborted.isActive(header.producerId);
          if (isLooked && reader.controlType(records, header) === controlType.abort)
            aborted.abortEnded(header.producerId);
        } else if (isInRange && (!isAborted || skipping?.isDamaged(header))) {
          const columns = skipping ? skipping.decode(records, header, position) : reader.decode(records, header);
          if (columns !== undefined) yield within(header, columns, position, range.untilOffset);
        }
        position = Math.max(position, nextOffset(header));
      }
      fetcher.release(response);
    }
  } finally {
    fetcher.stop();
  }
}

/** Up to the batch with which the range ends: those behind it are not even looked at. */
function wholeBatches(reader: BatchReader | CorruptBatches, records: Buffer, range: PlannedRange): BatchHeader[] {
  const headers: BatchHeader[] = [];
  for (let start = 0; ; ) {
    const header = reader.header(records, start, records.length);
    if (header === undefined) return headers;
    checkOrder(header, headers.at(-1), range);
    headers.push(header);
    if (nextOffset(header) >= range.untilOffset) return headers;
    start = header.end;
  }
}

/**
 * The part of a batch that lies in the range; only its first and last batch are cut. A record whose offset is above the batch's last
 * belongs to the batch all the same: whoever begins at that offset never gets to see the batch.
 */
function within(header: BatchHeader, columns: RecordColumns, fromOffset: number, untilOffset: number): BatchRecords {
  const { baseOffset, lastOffsetDelta } = header;
  const offsetOf = (i: number): number => baseOffset + Math.min(columns.offsetDelta[i] as number, lastOffsetDelta);
  let from = 0;
  let until = columns.count;
  while (from < until && offsetOf(from) < fromOffset) from++;
  while (until > from && offsetOf(until - 1) >= untilOffset) until--;
  return { header, columns, from, until };
}

/** Fetches from whoever leads the partition, again while leaders move. */
class RangeFetcher {
  readonly #client: KafkaClient;
  readonly #timers: Timers;
  readonly #range: PlannedRange;
  readonly #options: RangeReaderOptions;
  #isStopped = false;
  /** Epochs gave reason to ask whether the log was truncated, and it was not. */
  #isTrusted = false;
  readonly #bytesMax: number;
  readonly #retryForMs: number;
  #recordBytes = recordBytes.guess;
  /** What a batch needs that did not fit. */
  #leastBytes = 0;
  #stalledSince: number | undefined;
  readonly #memory: FramePool | undefined;

  constructor(client: KafkaClient, range: PlannedRange, options: RangeReaderOptions) {
    this.#client = client;
    this.#timers = client.timers;
    this.#range = range;
    this.#options = options;
    this.#memory = options.keepsBytes ? undefined : client.frames;
    this.#bytesMax = options.fetchBytesMax ?? defaultFetchBytesMax;
    this.#retryForMs = options.retryForMs ?? defaultRetryForMs;
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** So many bytes were so many offsets of the range. */
  learn(bytes: number, offsets: number): void {
    this.#stalledSince = undefined;
    this.#recordBytes = (bytes / offsets) * recordBytes.margin;
  }

  /**
   * A response brought nothing of the range: asks for as many bytes as a batch that was cut off has, else pauses, and not for ever.
   *
   * @throws BATCH_TOO_LARGE, BROKER_UNREACHABLE
   */
  async stalled({ records }: FetchResponse, offset: number): Promise<void> {
    this.#stalledSince ??= this.#timers.elapsed();
    const needed = bytesOfCutBatch(records);
    const { topic, partition } = this.#range;
    if (needed !== undefined && needed > largestFetchBytes) {
      const text = `the record batch of ${topic}-${partition} at offset ${offset} has ${needed} bytes, and a fetch may have ${largestFetchBytes}`;
      throw new DStreamError("BATCH_TOO_LARGE", text, { data: { topic, partition, offset, limit: largestFetchBytes } });
    }
    if (needed !== undefined && needed > this.#leastBytes) {
      this.#leastBytes = needed;
      return;
    }
    if (this.#timers.elapsed() > this.#stalledSince + this.#retryForMs) {
      const what = needed === undefined ? "only records before it" : "no whole record batch";
      throw this.#unavailable(
        `asked for offset ${offset} the broker answers with ${what}, for ${this.#retryForMs} ms now`,
      );
    }
    await this.#pause();
  }

  /** About what is left of the range: a job that is behind would get all that waits behind it with each of its batches. */
  #bytesFor(offset: number): number {
    const left = (this.#range.untilOffset - offset) * this.#recordBytes;
    return Math.ceil(Math.max(this.#leastBytes, Math.min(this.#bytesMax, fetchBytesMin + left)));
  }

  /** Nothing of the response is read any more. */
  release({ records }: FetchResponse): void {
    this.#memory?.give(records);
  }

  /** Whether a batch of the range came under a later leader than the one under whom the range was planned. */
  isSuspect({ partitionLeaderEpoch }: BatchHeader): boolean {
    const { leaderEpoch } = this.#range;
    return leaderEpoch !== undefined && partitionLeaderEpoch > leaderEpoch && !this.#isTrusted;
  }

  /**
   * What epochs say by the way may mislead: a leader that never got a record is known to nobody after it. So the end of the range decides.
   *
   * @throws LOG_TRUNCATED
   */
  async clearSuspicion(): Promise<void> {
    await this.#checkLog();
    this.#isTrusted = true;
  }

  /** The next response with a batch in it. */
  async fetch(offset: number): Promise<FetchResponse> {
    const deadline = this.#timers.elapsed() + this.#retryForMs;
    let endSeenAt: number | undefined;
    for (;;) {
      this.#options.signal?.throwIfAborted();
      const response = await this.#attempt(offset, deadline);
      if (response === undefined) continue;
      await obeyThrottle(response.throttleMs, this.#timers, this.#options.signal);
      if (response.errorCode !== 0) {
        await this.#failed(response, offset, deadline);
      } else if (response.isDiverging) {
        await this.clearSuspicion();
      } else if (response.records.length > 0 || this.#isStopped) {
        return response;
      } else if (offset < response.highWatermark) {
        // The last stable offset may lag behind; the range was planned below it, so it will come.
        if (this.#timers.elapsed() > deadline) throw this.#unavailable(noRecords(response, offset, this.#retryForMs));
        await this.#pause();
      } else {
        await this.#checkLog();
        endSeenAt ??= this.#timers.elapsed();
        if (this.#timers.elapsed() > endSeenAt + this.#retryForMs * shorterPart)
          throw this.#tooShort(response.highWatermark);
        await this.#pause();
        await this.#client.refreshMetadata([this.#range.topic]).catch(() => {});
      }
    }
  }

  async #attempt(offset: number, deadline: number): Promise<FetchResponse | undefined> {
    const { topic, partition } = this.#range;
    try {
      const leader = await this.#client.leaderOf(topic, partition);
      // A leader that was replaced before the range was planned, and does not know it yet, must not answer.
      const leaderEpoch = Math.max(leader.leaderEpoch, this.#range.leaderEpoch ?? -1);
      const isolation = this.#options.isolationLevel;
      const lastEpoch = this.#isTrusted ? -1 : (this.#range.leaderEpoch ?? -1);
      const maxBytes = this.#bytesFor(offset);
      const request = { topic, partition, leaderEpoch, offset, lastEpoch, maxWaitMs, maxBytes, isolation };
      return await this.#client.fetch(request, leader.nodeId, this.#memory);
    } catch (error) {
      const { retryable } = DStreamError.from(error);
      if (!retryable || this.#timers.elapsed() > deadline || this.#isStopped) throw error;
      await this.#pause();
      await this.#client.refreshMetadata([topic]).catch(() => {});
      return undefined;
    }
  }

  async #failed({ errorCode }: FetchResponse, offset: number, deadline: number): Promise<void> {
    const { topic } = this.#range;
    if (errorCode === kafkaErrors.OFFSET_OUT_OF_RANGE.code) {
      // So does a leader say, too, that has no record of the epoch under which the range was planned: there may never have been one.
      const isOfOffset = this.#isTrusted || this.#range.leaderEpoch === undefined;
      await this.clearSuspicion();
      if (isOfOffset) throw await this.#outOfRange(offset);
      return;
    }
    if (!isRetriable(errorCode) || this.#timers.elapsed() > deadline || this.#isStopped)
      throw brokerFailure(errorCode, `the records of ${topic}-${this.#range.partition} from offset ${offset}`);
    await this.#pause();
    await this.#client.refreshMetadata([topic]).catch(() => {});
  }

  #pause(): Promise<void> {
    return this.#timers.delay(retryPauseMs);
  }

  /** A leader may know less for a moment than the one before it; a log that stays shorter has not what was asked for. */
  #tooShort(latest: number): DStreamError {
    const { topic, partition, fromOffset, untilOffset } = this.#range;
    const text = `${topic}-${partition} is asked for offsets ${fromOffset} to ${untilOffset}, and its log ends at ${latest}`;
    return new DStreamError("OFFSET_OUT_OF_RANGE", text, { data: { topic, partition, untilOffset, latest } });
  }

  /** @throws LOG_TRUNCATED where the log is another than the one in which the range was planned. */
  async #checkLog(): Promise<void> {
    const { topic, partition, untilOffset: offset, leaderEpoch } = this.#range;
    if (leaderEpoch === undefined) return;
    const [truncation] = await truncationsOf(this.#client, [{ topic, partition, offset, leaderEpoch }]);
    if (truncation !== undefined) throw logTruncated(truncation);
  }

  /** The response of a real broker does not say where the log begins and ends. */
  async #outOfRange(offset: number): Promise<DStreamError> {
    const { topic, partition } = this.#range;
    const { isolationLevel } = this.#options;
    const [[first], [last]] = await Promise.all([
      this.#client.listOffsets([{ topic, partition }], "earliest", isolationLevel),
      this.#client.listOffsets([{ topic, partition }], "latest", isolationLevel),
    ]);
    const [earliest, latest] = [first?.offset, last?.offset];
    const text = `offset ${offset} of ${topic}-${partition} is not in the log, which has ${earliest} to ${latest}; choose onOffsetOutOfRange "earliest" or "latest", or keep records longer`;
    return new DStreamError("OFFSET_OUT_OF_RANGE", text, { data: { topic, partition, offset, earliest, latest } });
  }

  #unavailable(reason: string): DStreamError {
    const { topic, partition } = this.#range;
    return new DStreamError("BROKER_UNREACHABLE", `${topic}-${partition} cannot be read: ${reason}`, {
      data: { topic, partition },
    });
  }
}

/** What the batch at the beginning of a response has, where not all of it is there; undefined: it is there. */
function bytesOfCutBatch(records: Buffer): number | undefined {
  if (records.length < batchLengthEnd) return records.length === 0 ? undefined : fetchBytesMin;
  const bytes = batchLengthEnd + records.readInt32BE(batchLengthEnd - 4);
  return bytes > records.length ? bytes : undefined;
}

function noRecords({ throttleMs, highWatermark }: FetchResponse, offset: number, retryForMs: number): string {
  const throttled = throttleMs > 0 ? `, and asks for ${throttleMs} ms of patience (a quota)` : "";
  return `asked for offset ${offset} of a log up to ${highWatermark}, the broker answers without records for ${retryForMs} ms now${throttled}`;
}
