import { readTopics, writeTopics } from "../../protocol/topic-partitions.ts";
import type { RequestType } from "../broker-connection.ts";

/** An epoch of a partition's leaders, and the one that is believed to be the present. */
export interface AskedEpoch {
  readonly topic: string;
  readonly partition: number;
  readonly currentEpoch: number;
  readonly epoch: number;
}

/** Where the records of an epoch end in a leader's log. */
export interface EpochEnd {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  /** The epoch that was asked for, or the last before it that the log knows; −1: it knows of none. */
  readonly epoch: number;
  /** −1 with the epoch. */
  readonly endOffset: number;
}

export const offsetForLeaderEpochRequest: RequestType<readonly AskedEpoch[], readonly EpochEnd[]> = {
  api: "offsetForLeaderEpoch",
  version: 4,
  write: (writer, asked) => {
    writer.int32(-1);
    const topics = asked.map(({ topic, ...partition }) => ({ topic, partitions: [partition] }));
    writeTopics(writer, topics, ({ partition, currentEpoch, epoch }) =>
      writer.int32(partition).int32(currentEpoch).int32(epoch).tags(),
    );
    writer.tags();
  },
  read: (reader) => {
    reader.int32();
    const topics = readTopics(reader, (topic) => {
      const errorCode = reader.int16();
      const end = { topic, partition: reader.int32(), errorCode, epoch: reader.int32(), endOffset: reader.int64() };
      reader.tags();
      return end;
    });
    return topics.flatMap(({ partitions }) => partitions);
  },
};
