import { kafkaErrors } from "../../../kafka/protocol/kafka-error-codes.ts";
import { readTopics, writeTopics } from "../../../kafka/protocol/topic-partitions.ts";
import type { Timers } from "../../../runtime/machine/timers.ts";
import { type EpochEnd, unknownEpochEnd } from "../../log/leader-epochs.ts";
import type { PartitionLog } from "../../log/partition-log.ts";
import type { AbortedRange } from "../../log/producer-table.ts";
import type { SegmentRead } from "../../log/segments/segment.ts";
import type { Handler, RequestContext } from "../handler.ts";
import { leaderProblem } from "./leader-epoch.ts";

interface PartitionFetch {
  readonly topic: string;
  readonly partition: number;
  readonly leaderEpoch: number;
  readonly offset: number;
  /** Of the last record that was fetched; −1: not told. */
  readonly lastEpoch: number;
  readonly maxBytes: number;
}

interface FetchRequest {
  readonly maxWaitMs: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly isCommitted: boolean;
  /** It is a broker that replicates; there is no other one. */
  readonly isFollower: boolean;
  readonly sessionEpoch: number;
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly PartitionFetch[] }[];
}

const noSession = -1;
const noBatches = Buffer.alloc(0);
/** The tagged field of an answer that has the end of an epoch. */
const divergingTag = 0;

/** Answers when there are enough bytes, or the client's patience ends. Sessions are declined, as by a Kafka whose cache is full. */
export const fetch: Handler = async (context) => {
  const { broker, writer, version, signal } = context;
  const request = readRequest(context);
  if (version >= 7 && request.sessionEpoch !== 0 && request.sessionEpoch !== noSession) {
    const errorCode = kafkaErrors.FETCH_SESSION_ID_NOT_FOUND.code;
    writer.int32(0).int16(errorCode).int32(0);
    writeTopics(writer, [], () => {});
    writer.tags();
    return undefined;
  }
  const logOf = ({ topic, partition }: PartitionFetch): PartitionLog | undefined =>
    broker.topics.partition(topic, partition);
  const fetches = request.topics.flatMap(({ partitions }) => partitions);
  await waitForBytes(
    fetches.map((fetchOf) => ({ ...fetchOf, log: logOf(fetchOf) })),
    request,
    broker.machine.timers,
    signal,
  );
  writer.int32(0);
  if (version >= 7) writer.int16(0).int32(0);
  let budget = Math.min(request.maxBytes, broker.answers.available);
  let isFirst = true;
  writeTopics(writer, request.topics, (fetchOf) => {
    const bytes = writePartition(context, request, fetchOf, logOf(fetchOf), budget, isFirst);
    budget -= bytes;
    isFirst &&= bytes === 0;
  });
  writer.tags();
  return undefined;
};

function readRequest({ reader, version }: RequestContext): FetchRequest {
  const isFollower = reader.int32() >= 0;
  const [maxWaitMs, minBytes, maxBytes] = [reader.int32(), reader.int32(), reader.int32()];
  const isCommitted = reader.int8() === 1;
  if (version >= 7) reader.int32();
  const sessionEpoch = version >= 7 ? reader.int32() : -1;
  const topics = readTopics(reader, (topic): PartitionFetch => {
    const partition = reader.int32();
    const leaderEpoch = version >= 9 ? reader.int32() : -1;
    const offset = reader.int64();
    const lastEpoch = version >= 12 ? reader.int32() : -1;
    if (version >= 5) reader.int64();
    const partitionBytes = reader.int32();
    reader.tags();
    return { topic, partition, leaderEpoch, offset, lastEpoch, maxBytes: partitionBytes };
  });
  // Partitions that a session forgets: there is none.
  if (version >= 7) readTopics(reader, () => reader.int32());
  if (version >= 11) reader.string();
  reader.tags();
  return { maxWaitMs, minBytes, maxBytes, isCommitted, isFollower, sessionEpoch, topics };
}

/** Returns how many bytes of batches the answer has. */
function writePartition(
  { writer, version }: RequestContext,
  { isCommitted, isFollower }: FetchRequest,
  fetchOf: PartitionFetch,
  log: PartitionLog | undefined,
  budget: number,
  isFirst: boolean,
): number {
  const { partition, offset } = fetchOf;
  const isRefused = isFollower && log !== undefined;
  let errorCode = isRefused ? kafkaErrors.NOT_LEADER_OR_FOLLOWER.code : problemOf(fetchOf, log);
  let read: SegmentRead | undefined;
  const diverging = log !== undefined && errorCode === 0 ? divergence(fetchOf, log) : undefined;
  if (log !== undefined && errorCode === 0 && diverging === undefined) {
    try {
      const maxBytes = Math.max(0, Math.min(fetchOf.maxBytes, budget));
      read = log.read(offset, limitOf(log, isCommitted), maxBytes, isFirst);
    } catch {
      errorCode = kafkaErrors.KAFKA_STORAGE_ERROR.code;
    }
  }
  const isGood = log !== undefined && errorCode === 0;
  writer
    .int32(partition)
    .int16(errorCode)
    .int64(isGood ? log.highWatermark : -1)
    .int64(isGood ? log.lastStableOffset : -1);
  if (version >= 5) writer.int64(isGood ? log.startOffset : -1);
  let aborted: readonly AbortedRange[] | null = log === undefined ? [] : null;
  if (isGood && isCommitted) aborted = log.abortedBetween(offset, read?.lastOffset ?? offset);
  writer.array(aborted, ({ producerId, firstOffset }) => writer.int64(producerId).int64(firstOffset).tags());
  if (version >= 11) writer.int32(-1);
  writer.byteParts([read?.batches ?? noBatches]);
  if (diverging === undefined) writer.tags();
  else
    writer
      .unsignedVarint(1)
      .unsignedVarint(divergingTag)
      .unsignedVarint(13)
      .int32(diverging.epoch)
      .int64(diverging.endOffset)
      .tags();
  return read?.batches.length ?? 0;
}

function problemOf({ leaderEpoch, lastEpoch, offset }: PartitionFetch, log: PartitionLog | undefined): number {
  if (log === undefined) return kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION.code;
  const problem = leaderProblem(leaderEpoch, log);
  if (problem !== 0) return problem;
  const isUnknown = lastEpoch >= 0 && log.epochs.endOf(lastEpoch, log.endOffset) === unknownEpochEnd;
  return offset < log.startOffset || (offset > log.endOffset && lastEpoch < 0) || isUnknown
    ? kafkaErrors.OFFSET_OUT_OF_RANGE.code
    : 0;
}

/** Where the log parts from what its reader has: the log lost records at its end that the reader had read. */
function divergence({ lastEpoch, offset }: PartitionFetch, { epochs, endOffset }: PartitionLog): EpochEnd | undefined {
  if (lastEpoch < 0) return undefined;
  const end = epochs.endOf(lastEpoch, endOffset);
  return end.epoch < lastEpoch || end.endOffset < offset ? end : undefined;
}

function limitOf(log: PartitionLog, isCommitted: boolean): number {
  return isCommitted ? log.lastStableOffset : log.highWatermark;
}

async function waitForBytes(
  fetches: readonly (PartitionFetch & { readonly log: PartitionLog | undefined })[],
  { isCommitted, isFollower, minBytes, maxWaitMs }: FetchRequest,
  timers: Timers,
  signal: AbortSignal,
): Promise<void> {
  const isEnough = (): boolean => {
    let bytes = 0;
    for (const fetchOf of fetches) {
      const { log, offset } = fetchOf;
      if (log === undefined || problemOf(fetchOf, log) !== 0 || divergence(fetchOf, log) !== undefined) return true;
      bytes += log.available(offset, limitOf(log, isCommitted), minBytes - bytes);
      if (bytes >= minBytes) return true;
    }
    return bytes >= minBytes;
  };
  if (isFollower || maxWaitMs <= 0 || signal.aborted || fetches.length === 0 || isEnough()) return;
  await new Promise<void>((resolve) => {
    const finish = (): void => {
      timer.cancel();
      for (const stop of stops) stop();
      signal.removeEventListener("abort", finish);
      resolve();
    };
    const timer = timers.after(maxWaitMs, finish);
    const stops = fetches.map(({ log }) => log?.onChange(() => isEnough() && finish()) ?? (() => {}));
    signal.addEventListener("abort", finish);
  });
}
