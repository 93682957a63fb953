// Compaction of one partition's log, by the rules of Kafka's cleaner: of each key the last record stays, at its offset. It works beside
// everything else, a piece at a time; what it made takes the place of segments at once.
import {
  type BatchHeader,
  checkBatchCrc,
  readBatchHeader,
  wholeBatchBytes,
} from "../../kafka/record-batch/batch-header.ts";
import { RecordColumns } from "../../kafka/record-batch/record-columns.ts";
import type { Machine } from "../../runtime/machine/machine.ts";
import type { Timers } from "../../runtime/machine/timers.ts";
import type { PartitionLog } from "../log/partition-log.ts";
import type { Segment } from "../log/segments/segment.ts";
import { BatchCleaner, isInAborted, recordsOf } from "./batch-cleaner.ts";
import { OffsetMap } from "./offset-map.ts";
import { emptyBatchAt } from "./rewrite-batch.ts";

const pieceBytes = 256 * 1024;
/** So long other work waits at most, apart from a single large batch. */
const sliceMs = 8;
/** Offsets of a segment's index have 32 bits. */
const offsetsMax = 2 ** 31;
const at = { topic: "log", partition: 0 };

export interface CompactionOptions {
  readonly nowMs?: number;
  /** Keys that are known at a time: the rest of the log waits for the next time. Default 700,000, in 25 MB. */
  readonly maxKeys?: number;
  readonly signal?: AbortSignal;
}

/** The part of a log that may be compacted: whole segments from its start on, of which those from `dirtyFrom` on were not yet. */
interface Cleanable {
  readonly segments: readonly Segment[];
  readonly dirtyFrom: number;
}

/** Whether the log's configuration asks for compaction now. */
export function isCompactionDue(log: PartitionLog, nowMs: number): boolean {
  const { isCompacted, minCleanableRatio } = log.config;
  if (!isCompacted || log.segments.length === 1) return false;
  const { segments, dirtyFrom } = cleanable(log, nowMs);
  const sizeOf = (some: readonly Segment[]): number => some.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const dirtyBytes = sizeOf(segments.filter(({ nextOffset }) => nextOffset > dirtyFrom));
  if (dirtyBytes === 0) return false;
  return dirtyBytes / sizeOf(segments) > minCleanableRatio || hasWaitedLong(log, dirtyFrom, nowMs);
}

/**
 * Compacts a log. Returns the offset below which every key was looked at; undefined where it came to nothing, since the log was
 * changed meanwhile.
 */
export async function compactLog(
  log: PartitionLog,
  { clock, timers }: Pick<Machine, "clock" | "timers">,
  options: CompactionOptions = {},
): Promise<number | undefined> {
  const { nowMs = clock.now(), maxKeys = 700_000, signal } = options;
  const { segments, dirtyFrom } = cleanable(log, nowMs);
  const pace = new Pace(timers, signal);
  const dirty = segments.filter(({ nextOffset }) => nextOffset > dirtyFrom);
  const newest = new OffsetMap(maxKeys);
  const endOffset = await noteKeys(log, dirty, dirtyFrom, newest, pace);
  const rules = { newest, producers: log.producers, nowMs, deleteRetentionMs: log.config.deleteRetentionMs };
  const cleaner = new BatchCleaner(rules);
  for (const group of groupsOf(
    log,
    segments.filter(({ baseOffset }) => baseOffset < endOffset),
  ))
    if (!(await cleanGroup(log, group, cleaner, pace))) return undefined;
  return endOffset;
}

/** As in Kafka: neither what is open, nor the last segment, nor what is younger than the topic's lag. */
function cleanable(log: PartitionLog, nowMs: number): Cleanable {
  const dirtyFrom = Math.max(log.startOffset, log.cleanedBelow);
  const { minCompactionLagMs } = log.config;
  const closed = log.segments.slice(0, -1);
  const end = closed.findIndex(
    ({ nextOffset, maxTimestamp }) =>
      nextOffset > log.lastStableOffset ||
      (minCompactionLagMs > 0 && nextOffset > dirtyFrom && maxTimestamp > nowMs - minCompactionLagMs),
  );
  return { segments: end < 0 ? closed : closed.slice(0, end), dirtyFrom };
}

function hasWaitedLong(log: PartitionLog, dirtyFrom: number, nowMs: number): boolean {
  const latest = nowMs - log.config.maxCompactionLagMs;
  if (latest <= 0) return false;
  return log.segments.slice(0, -1).some((segment) => {
    if (segment.nextOffset <= dirtyFrom) return false;
    const firstMs = segment.index.maxTimestamp(0);
    return firstMs > 0 && firstMs < latest;
  });
}

/** Notes the last offset of each key in the segments. Returns how far the map had room. */
async function noteKeys(
  log: PartitionLog,
  segments: readonly Segment[],
  fromOffset: number,
  map: OffsetMap,
  pace: Pace,
): Promise<number> {
  const columns = new RecordColumns();
  let endOffset = fromOffset;
  for (const segment of segments) {
    for await (const { batch, header } of batchesOf(segment, pace)) {
      const isNoted = header.isControl || (header.isTransactional && isInAborted(log.producers, header));
      if (!isNoted) {
        recordsOf(batch, header, columns);
        for (let i = 0; i < columns.count; i++) {
          const key = columns.key(i);
          const offset = header.baseOffset + (columns.offsetDelta[i] as number);
          if (key !== null && offset >= fromOffset) map.set(key, offset);
          endOffset = Math.max(endOffset, offset + 1);
          if (map.isFull) return endOffset;
        }
      }
      endOffset = header.baseOffset + header.lastOffsetDelta + 1;
    }
    endOffset = segment.nextOffset;
  }
  return endOffset;
}

/** Segments that become one, of no more than a segment's size. */
function groupsOf(log: PartitionLog, segments: readonly Segment[]): Segment[][] {
  const groups: Segment[][] = [];
  let bytes = 0;
  for (const segment of segments) {
    const group = groups.at(-1);
    bytes += segment.bytes.length;
    const first = group?.[0]?.baseOffset ?? 0;
    if (group !== undefined && bytes <= log.segmentBytes && segment.nextOffset - first < offsetsMax)
      group.push(segment);
    else {
      groups.push([segment]);
      bytes = segment.bytes.length;
    }
  }
  return groups;
}

/** Returns whether the segments were still those of the log. */
async function cleanGroup(
  log: PartitionLog,
  group: readonly Segment[],
  cleaner: BatchCleaner,
  pace: Pace,
): Promise<boolean> {
  const first = group[0] as Segment;
  const expectedBytes = group.reduce((sum, { bytes }) => sum + bytes.length, 0);
  if (!log.has(group)) return false;
  const spentBefore = cleaner.spent.length;
  const aside = log.createAside(first.baseOffset, expectedBytes);
  let isReplaced = false;
  try {
    const isChanged = await fill(aside, group, cleaner, pace);
    if (isChanged) await aside.bytes.flush();
    if (!log.has(group) || !log.config.isCompacted) return false;
    if (!isChanged) return true;
    for (const { producerId, offset } of cleaner.spent.slice(spentBefore))
      log.producers.forgetAborted(producerId, offset);
    log.replace(group, aside, expectedBytes);
    isReplaced = true;
    return true;
  } finally {
    if (!isReplaced) log.discardAside(aside, expectedBytes);
    if (log.has(group)) for (const segment of group) segment.cool();
  }
}

/** Returns whether anything is different. */
async function fill(aside: Segment, group: readonly Segment[], cleaner: BatchCleaner, pace: Pace): Promise<boolean> {
  const { nextOffset } = group.at(-1) as Segment;
  let isChanged = group.length > 1;
  for (const segment of group) {
    for await (const { batch, header } of batchesOf(segment, pace)) {
      const cleaned = cleaner.clean(batch, header);
      const lastOffset = header.baseOffset + header.lastOffsetDelta;
      const isFiller = header.recordCount === 0 && lastOffset === nextOffset - 1;
      if (cleaned !== undefined) aside.append(cleaned.batch, lastOffset, cleaned.maxTimestamp);
      isChanged ||= cleaned === undefined ? !isFiller : cleaned.batch !== batch;
    }
  }
  // Each segment begins where the one before it ends, so that a restart sees when something is missing between them.
  if (aside.nextOffset < nextOffset) aside.append(emptyBatchAt(nextOffset - 1), nextOffset - 1, -1);
  return isChanged;
}

async function* batchesOf(
  segment: Segment,
  pace: Pace,
): AsyncGenerator<{ readonly batch: Buffer; readonly header: BatchHeader }> {
  for (const piece of segment.pieces(pieceBytes)) {
    for (let start = 0; start < piece.length; ) {
      const end = start + (wholeBatchBytes(piece, start, piece.length, at) ?? piece.length - start);
      const batch = piece.subarray(start, end);
      const header = readBatchHeader(batch, 0, batch.length, at);
      checkBatchCrc(batch, header, at);
      yield { batch, header };
      await pace.step();
      start = end;
    }
  }
}

/** Lets other work go on. */
class Pace {
  readonly #timers: Timers;
  readonly #signal: AbortSignal | undefined;
  #startedAt: number;

  constructor(timers: Timers, signal: AbortSignal | undefined) {
    this.#timers = timers;
    this.#signal = signal;
    this.#startedAt = timers.elapsed();
  }

  /** @throws the signal's reason. */
  async step(): Promise<void> {
    this.#signal?.throwIfAborted();
    if (this.#timers.elapsed() - this.#startedAt < sliceMs) return;
    await this.#timers.turn();
    this.#signal?.throwIfAborted();
    this.#startedAt = this.#timers.elapsed();
  }
}
