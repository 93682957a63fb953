import { readTopics, writeTopics } from "../../protocol/topic-partitions.ts";
import type { RequestType } from "../broker-connection.ts";

export interface ListOffsetsRequest {
  readonly isolation: "read_committed" | "read_uncommitted";
  /** Epoch ms; −1: the end of the log, −2: its start. */
  readonly timestamp: number;
  /** With the epoch of the leader that is asked: a broker that does not lead, or leads no more, is not to answer. */
  readonly partitions: readonly { readonly topic: string; readonly partition: number; readonly leaderEpoch: number }[];
}

export interface ListedOffset {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  /** −1: no record is as young. */
  readonly offset: number;
  /** Of the record at the offset, of the end that of its leader; −1: not known. */
  readonly leaderEpoch: number;
}

export const listOffsetsRequest: RequestType<ListOffsetsRequest, readonly ListedOffset[]> = {
  api: "listOffsets",
  version: 7,
  write: (writer, { isolation, timestamp, partitions }) => {
    writer.int32(-1).int8(isolation === "read_committed" ? 1 : 0);
    const topics = partitions.map(({ topic, ...partition }) => ({ topic, partitions: [partition] }));
    writeTopics(writer, topics, ({ partition, leaderEpoch }) =>
      writer.int32(partition).int32(leaderEpoch).int64(timestamp).tags(),
    );
    writer.tags();
  },
  read: (reader) => {
    reader.int32();
    const topics = readTopics(reader, (topic) => {
      const head = { topic, partition: reader.int32(), errorCode: reader.int16() };
      reader.int64();
      const listed = { ...head, offset: reader.int64(), leaderEpoch: reader.int32() };
      reader.tags();
      return listed;
    });
    return topics.flatMap(({ partitions }) => partitions);
  },
};
