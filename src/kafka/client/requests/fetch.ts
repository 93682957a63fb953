import { checkOffset } from "../../check-offset.ts";
import { readTopics, writeTopics } from "../../protocol/topic-partitions.ts";
import type { RequestType } from "../broker-connection.ts";

export interface FetchRequest {
  readonly topic: string;
  readonly partition: number;
  readonly leaderEpoch: number;
  readonly offset: number;
  /** Of a leader under whom the records before the offset were there, for the broker to see whether its log has them; −1: not known. */
  readonly lastEpoch: number;
  /** How long the broker may wait for a byte. */
  readonly maxWaitMs: number;
  readonly maxBytes: number;
  readonly isolation: "read_committed" | "read_uncommitted";
}

/** Transactions that ended in an abort, by producer and the first offset of each. */
export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}

export interface FetchResponse {
  readonly throttleMs: number;
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
  readonly aborted: readonly AbortedTransaction[];
  /** The log does not have the records before the offset that the reader has read; no records are given. */
  readonly isDiverging: boolean;
  /** Record batches, the last perhaps cut off. */
  readonly records: Buffer;
}

const noRecords = Buffer.alloc(0);
/** The tagged field of a partition that has the end of the reader's last epoch, where the logs part. */
const divergingEpochTag = 0;

/** A fetch of one partition, without a fetch session. */
export const fetchRequest: RequestType<FetchRequest, FetchResponse> = {
  api: "fetch",
  version: 12,
  write: (writer, { topic, partition, leaderEpoch, offset, lastEpoch, maxWaitMs, maxBytes, isolation }) => {
    writer
      .int32(-1)
      .int32(maxWaitMs)
      .int32(1)
      .int32(maxBytes)
      .int8(isolation === "read_committed" ? 1 : 0);
    writer.int32(0).int32(-1);
    writeTopics(writer, [{ topic, partitions: [partition] }], () => {
      writer.int32(partition).int32(leaderEpoch).int64(checkOffset(offset, { topic, partition }));
      writer.int32(lastEpoch).int64(-1).int32(maxBytes).tags();
    });
    writer
      .array([], () => {})
      .string("")
      .tags();
  },
  read: (reader) => {
    const throttleMs = reader.int32();
    const errorCode = reader.int16();
    reader.int32();
    const topics = readTopics(reader, () => {
      reader.int32();
      const head = {
        errorCode: reader.int16(),
        highWatermark: reader.int64(),
        lastStableOffset: reader.int64(),
        logStartOffset: reader.int64(),
      };
      const aborted = reader.nullableArray(() => {
        const transaction = { producerId: reader.int64(), firstOffset: reader.int64() };
        reader.tags();
        return transaction;
      });
      reader.int32();
      const records = reader.nullableBytes() ?? noRecords;
      const isDiverging = reader.tagNumbers().includes(divergingEpochTag);
      return { ...head, aborted: aborted ?? [], records, isDiverging };
    });
    const [answer] = topics.flatMap(({ partitions }) => partitions);
    const empty = {
      errorCode,
      highWatermark: -1,
      lastStableOffset: -1,
      logStartOffset: -1,
      aborted: [],
      records: noRecords,
      isDiverging: false,
    };
    return { throttleMs, ...(answer ?? empty), ...(errorCode !== 0 && { errorCode }) };
  },
};
