import { setTimeout as delay } from "node:timers/promises";
import type { ByteReader } from "../../../src/kafka/protocol/byte-reader.ts";
import { kafkaErrors } from "../../../src/kafka/protocol/kafka-error-codes.ts";
import { readTopics, writeTopics } from "../../../src/kafka/protocol/topic-partitions.ts";
import type { WireConnection } from "./wire-connection.ts";

// Produce, Fetch and ListOffsets for one partition.

export interface Produced {
  readonly errorCode: number;
  readonly baseOffset: number;
  readonly appendTimeMs: number;
  readonly startOffset: number;
  /** Places of records that the broker says are wrong. */
  readonly wrongRecords: readonly number[];
}

export async function produce(
  wire: WireConnection,
  topic: string,
  records: Buffer,
  options: { readonly partition?: number; readonly acks?: number; readonly transactionalId?: string } = {},
): Promise<Produced> {
  const { partition = 0, acks = -1, transactionalId = null } = options;
  const answer = await wire.request("produce", 9, (writer) => {
    writer.string(transactionalId).int16(acks).int32(10_000);
    writeTopics(writer, [{ topic, partitions: [records] }], () => writer.int32(partition).bytes(records).tags());
    writer.tags();
  });
  const topics = readTopics(answer, () => {
    answer.int32();
    const [errorCode, baseOffset, appendTimeMs, startOffset] = [
      answer.int16(),
      answer.int64(),
      answer.int64(),
      answer.int64(),
    ];
    const wrongRecords = answer.array(() => {
      const index = answer.int32();
      answer.nullableString();
      answer.tags();
      return index;
    });
    answer.nullableString();
    answer.tags();
    return { errorCode, baseOffset, appendTimeMs, startOffset, wrongRecords };
  });
  return topics[0]?.partitions[0] as Produced;
}

export interface FetchOptions {
  readonly maxWaitMs?: number;
  readonly minBytes?: number;
  readonly maxBytes?: number;
  readonly partitionMaxBytes?: number;
  readonly isolation?: "read_committed" | "read_uncommitted";
  readonly leaderEpoch?: number;
  /** Of the last record that was read. */
  readonly lastEpoch?: number;
  readonly session?: { readonly id: number; readonly epoch: number };
}

/** An epoch of a partition's leader, and where it ends. */
export interface EpochEnd {
  readonly epoch: number;
  readonly endOffset: number;
}

export interface Fetched {
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly startOffset: number;
  readonly aborted: readonly { readonly producerId: number; readonly firstOffset: number }[] | null;
  /** Where the log parts from what its reader has. */
  readonly diverging?: EpochEnd;
  readonly batches: Buffer;
}

/** From one partition; see `fetchAll`. */
export async function fetch(
  wire: WireConnection,
  topic: string,
  offset: number,
  options: FetchOptions & { readonly partition?: number } = {},
): Promise<Fetched> {
  const [fetched] = await fetchAll(wire, topic, [[options.partition ?? 0, offset]], options);
  return fetched as Fetched;
}

/** From several partitions of a topic: number and offset of each. */
export async function fetchAll(
  wire: WireConnection,
  topic: string,
  partitions: readonly (readonly [number, number])[],
  options: FetchOptions = {},
): Promise<readonly Fetched[]> {
  const { maxWaitMs = 0, minBytes = 1, maxBytes = 52_428_800, leaderEpoch = -1, lastEpoch = -1 } = options;
  const { partitionMaxBytes = 1_048_576, isolation = "read_uncommitted", session = { id: 0, epoch: -1 } } = options;
  const answer = await wire.request("fetch", 12, (writer) => {
    writer.int32(-1).int32(maxWaitMs).int32(minBytes).int32(maxBytes);
    writer
      .int8(isolation === "read_committed" ? 1 : 0)
      .int32(session.id)
      .int32(session.epoch);
    writeTopics(writer, [{ topic, partitions }], ([partition, offset]) =>
      writer
        .int32(partition)
        .int32(leaderEpoch)
        .int64(offset)
        .int32(lastEpoch)
        .int64(-1)
        .int32(partitionMaxBytes)
        .tags(),
    );
    writeTopics(writer, [], () => {});
    writer.string("").tags();
  });
  answer.int32();
  const errorCode = answer.int16();
  answer.int32();
  const topics = readTopics(answer, () => readFetched(answer));
  const nothing = { highWatermark: -1, lastStableOffset: -1, startOffset: -1, aborted: null, batches: Buffer.alloc(0) };
  return topics[0]?.partitions ?? [{ errorCode, ...nothing }];
}

function readFetched(answer: ByteReader): Fetched {
  answer.int32();
  const [errorCode, highWatermark, lastStableOffset] = [answer.int16(), answer.int64(), answer.int64()];
  const startOffset = answer.int64();
  const aborted = answer.nullableArray(() => {
    const transaction = { producerId: answer.int64(), firstOffset: answer.int64() };
    answer.tags();
    return transaction;
  });
  answer.int32();
  const batches = answer.nullableBytes() ?? Buffer.alloc(0);
  const diverging = readDiverging(answer);
  return { errorCode, highWatermark, lastStableOffset, startOffset, aborted, batches, ...(diverging && { diverging }) };
}

/** The tagged fields of a partition: the first may be the end of an epoch. */
function readDiverging(answer: ByteReader): EpochEnd | undefined {
  let diverging: EpochEnd | undefined;
  for (let count = answer.unsignedVarint(); count > 0; count--) {
    const [tag, length] = [answer.unsignedVarint(), answer.unsignedVarint()];
    if (tag !== 0) answer.skip(length);
    else {
      diverging = { epoch: answer.int32(), endOffset: answer.int64() };
      answer.tags();
    }
  }
  return diverging;
}

/** What OffsetForLeaderEpoch says of one partition. */
export async function epochEnd(
  wire: WireConnection,
  topic: string,
  epoch: number,
  leaderEpoch = -1,
): Promise<EpochEnd & { readonly errorCode: number }> {
  const answer = await wire.request("offsetForLeaderEpoch", 4, (writer) => {
    writer.int32(-1);
    writeTopics(writer, [{ topic, partitions: [0] }], () => writer.int32(0).int32(leaderEpoch).int32(epoch).tags());
    writer.tags();
  });
  answer.int32();
  const topics = readTopics(answer, () => {
    const errorCode = answer.int16();
    answer.int32();
    const end = { errorCode, epoch: answer.int32(), endOffset: answer.int64() };
    answer.tags();
    return end;
  });
  return topics[0]?.partitions[0] as EpochEnd & { readonly errorCode: number };
}

/** The epoch of a topic's first partition, as Metadata tells it. */
export async function currentEpoch(wire: WireConnection, topic: string): Promise<number> {
  const answer = await wire.request("metadata", 9, (writer) => {
    writer.array([topic], () => writer.string(topic).tags());
    writer.boolean(false).boolean(false).boolean(false).tags();
  });
  answer.int32();
  answer.array(() => {
    answer.int32();
    answer.string();
    answer.int32();
    answer.nullableString();
    answer.tags();
  });
  answer.nullableString();
  answer.int32();
  const [epochs] = answer.array(() => {
    answer.int16();
    answer.string();
    answer.boolean();
    return answer.array(() => {
      answer.int16();
      answer.int32();
      answer.int32();
      return answer.int32();
    });
  });
  return epochs?.[0] ?? -1;
}

export interface ListedOffset {
  readonly errorCode: number;
  readonly timestamp: number;
  readonly offset: number;
  readonly leaderEpoch: number;
}

/** @param timestamp epoch ms, or Kafka's −1 (end), −2 (start), −3 (youngest). */
export async function listOffset(
  wire: WireConnection,
  topic: string,
  timestamp: number,
  options: {
    readonly partition?: number;
    readonly isolation?: "read_committed" | "read_uncommitted";
    readonly leaderEpoch?: number;
  } = {},
): Promise<ListedOffset> {
  const { partition = 0, isolation = "read_uncommitted", leaderEpoch = -1 } = options;
  const answer = await wire.request("listOffsets", 7, (writer) => {
    writer.int32(-1).int8(isolation === "read_committed" ? 1 : 0);
    writeTopics(writer, [{ topic, partitions: [partition] }], () =>
      writer.int32(partition).int32(leaderEpoch).int64(timestamp).tags(),
    );
    writer.tags();
  });
  answer.int32();
  const topics = readTopics(answer, () => {
    answer.int32();
    const [errorCode, time, offset] = [answer.int16(), answer.int64(), answer.int64()];
    const epoch = answer.int32();
    answer.tags();
    return { errorCode, timestamp: time, offset, leaderEpoch: epoch };
  });
  return topics[0]?.partitions[0] as ListedOffset;
}

/** Asks until the marker of the last transaction is there. */
export async function endOf(wire: WireConnection, topic: string, expected: number): Promise<number> {
  for (let attempt = 0; attempt < 300; attempt++) {
    const { offset } = await listOffset(wire, topic, -1);
    if (offset >= expected) return offset;
    await delay(10);
  }
  return (await listOffset(wire, topic, -1)).offset;
}

const { LEADER_NOT_AVAILABLE, NOT_LEADER_OR_FOLLOWER, CONCURRENT_TRANSACTIONS } = kafkaErrors;
const { COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR } = kafkaErrors;
const passing: readonly number[] = [
  ...[LEADER_NOT_AVAILABLE, NOT_LEADER_OR_FOLLOWER, CONCURRENT_TRANSACTIONS],
  ...[COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR],
].map(({ code }) => code);

/** Asks again for as long as the broker says that it will pass: a real one elects leaders and loads coordinators first. */
export async function whenReady<T extends { readonly errorCode: number }>(
  ask: () => Promise<T>,
  alsoPassing: readonly number[] = [],
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    const answer = await ask();
    const passes = passing.includes(answer.errorCode) || alsoPassing.includes(answer.errorCode);
    if (!passes || attempt > 200) return answer;
    await delay(20);
  }
}
