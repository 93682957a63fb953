import { kafkaErrors } from "../../kafka/protocol/kafka-error-codes.ts";
import { readTopics, writeTopics } from "../../kafka/protocol/topic-partitions.ts";
import type { PartitionLog } from "../log/partition-log.ts";
import type { Handler, RequestContext } from "./handler.ts";

interface PartitionFetch {
  readonly partition: number;
  readonly offset: number;
  readonly maxBytes: number;
  readonly log: PartitionLog | undefined;
}

type Fetches = readonly { readonly topic: string; readonly partitions: readonly PartitionFetch[] }[];

/** Answers when there are enough bytes, or the client's patience ends. Sessions are declined: id 0. */
export const fetch: Handler = async ({ broker, reader, writer, version, signal }) => {
  reader.int32();
  const maxWaitMs = reader.int32();
  const minBytes = reader.int32();
  const maxBytes = reader.int32();
  const isCommitted = reader.int8() === 1;
  if (version >= 7) reader.skip(8);
  const topics: Fetches = readTopics(reader, (topic) => {
    const partition = reader.int32();
    if (version >= 9) reader.int32();
    const offset = reader.int64();
    if (version >= 12) reader.int32();
    if (version >= 5) reader.int64();
    const fetchBytes = reader.int32();
    reader.tags();
    return { partition, offset, maxBytes: fetchBytes, log: broker.topics.partition(topic, partition) };
  });
  await waitForBytes(topics, isCommitted, minBytes, maxWaitMs, signal);
  writer.int32(0);
  if (version >= 7) writer.int16(0).int32(0);
  let budget = maxBytes;
  writeTopics(writer, topics, (fetchOf) => {
    budget -= writePartition(writer, version, fetchOf, isCommitted, budget);
  });
  writer.tags();
  return undefined;
};

function writePartition(
  writer: RequestContext["writer"],
  version: number,
  { partition, offset, maxBytes, log }: PartitionFetch,
  isCommitted: boolean,
  budget: number,
): number {
  const errorCode =
    log === undefined
      ? kafkaErrors.UNKNOWN_TOPIC_OR_PARTITION.code
      : isOutside(log, offset)
        ? kafkaErrors.OFFSET_OUT_OF_RANGE.code
        : 0;
  const isReadable = log !== undefined && errorCode === 0 && budget > 0;
  const read = isReadable
    ? log.read(offset, limitOf(log, isCommitted), Math.min(maxBytes, budget))
    : { batches: [], bytes: 0, lastOffset: offset };
  writer
    .int32(partition)
    .int16(errorCode)
    .int64(log?.endOffset ?? -1)
    .int64(log?.lastStableOffset ?? -1);
  if (version >= 5) writer.int64(log?.startOffset ?? -1);
  const aborted = isCommitted ? (log?.abortedBetween(offset, read.lastOffset) ?? []) : null;
  writer.array(aborted, ({ producerId, firstOffset }) => writer.int64(producerId).int64(firstOffset).tags());
  if (version >= 11) writer.int32(-1);
  writer.byteParts(read.batches).tags();
  return read.bytes;
}

function isOutside(log: PartitionLog, offset: number): boolean {
  return offset < log.startOffset || offset > log.endOffset;
}

function limitOf(log: PartitionLog, isCommitted: boolean): number {
  return isCommitted ? log.lastStableOffset : log.endOffset;
}

async function waitForBytes(
  topics: Fetches,
  isCommitted: boolean,
  minBytes: number,
  maxWaitMs: number,
  signal: AbortSignal,
): Promise<void> {
  const fetches = topics.flatMap(({ partitions }) => partitions);
  const isEnough = (): boolean => {
    let bytes = 0;
    for (const { log, offset } of fetches) {
      if (log === undefined || isOutside(log, offset)) return true;
      bytes += log.available(offset, limitOf(log, isCommitted), minBytes);
    }
    return bytes >= minBytes;
  };
  if (isEnough() || maxWaitMs <= 0 || signal.aborted) return;
  await new Promise<void>((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      for (const stop of stops) stop();
      signal.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, maxWaitMs);
    const stops = fetches.map(({ log }) => log?.onAppend(() => isEnough() && finish()) ?? (() => {}));
    signal.addEventListener("abort", finish);
  });
}
