import { checkOffset } from "../../check-offset.ts";
import { readTopics, writeTopics } from "../../protocol/topic-partitions.ts";
import type { TopicPartition } from "../../types.ts";
import type { RequestType } from "../broker-connection.ts";

export interface GroupOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Of the leader under which the records before the offset were there. Default: not known. */
  readonly leaderEpoch?: number;
  /** A text that is kept with the offset. Default: none. */
  readonly metadata?: string;
}

/** Whose coordinator is meant: a consumer group's, or that of a transactional id. */
export interface CoordinatorOf {
  readonly kind: "group" | "transaction";
  readonly key: string;
}

export interface Coordinator {
  readonly errorCode: number;
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}

/** The broker that keeps a group's offsets, or the state of a transactional id. */
export const findCoordinatorRequest: RequestType<CoordinatorOf, Coordinator> = {
  api: "findCoordinator",
  version: 3,
  write: (writer, { kind, key }) =>
    writer
      .string(key)
      .int8(kind === "group" ? 0 : 1)
      .tags(),
  read: (reader) => {
    reader.int32();
    const errorCode = reader.int16();
    reader.nullableString();
    return { errorCode, nodeId: reader.int32(), host: reader.string(), port: reader.int32() };
  },
};

/** Offsets of a group that nobody has joined: generation −1 and no member. */
export const offsetCommitRequest: RequestType<
  { readonly group: string; readonly offsets: readonly GroupOffset[] },
  readonly { readonly topic: string; readonly partition: number; readonly errorCode: number }[]
> = {
  api: "offsetCommit",
  version: 8,
  write: (writer, { group, offsets }) => {
    writer.string(group).int32(-1).string("").string(null);
    const topics = offsets.map((offset) => ({ topic: offset.topic, partitions: [offset] }));
    writeTopics(writer, topics, ({ topic, partition, offset, leaderEpoch = -1, metadata = "" }) => {
      writer.int32(partition).int64(checkOffset(offset, { topic, partition }));
      writer.int32(leaderEpoch).string(metadata).tags();
    });
    writer.tags();
  },
  read: (reader) => {
    reader.int32();
    const topics = readTopics(reader, (topic) => {
      const result = { topic, partition: reader.int32(), errorCode: reader.int16() };
      reader.tags();
      return result;
    });
    return topics.flatMap(({ partitions }) => partitions);
  },
};

/**
 * Committed offsets of a group: of these partitions, or all that it has, where brokers before 4.0 leave out a partition whose first offset
 * belongs to a transaction that is about to end. An error of one is one of the answer: of an offset that a transaction which is about to end
 * may change, nobody knows yet whether it is there.
 */
export const offsetFetchRequest: RequestType<
  { readonly group: string; readonly partitions: readonly TopicPartition[] | "all" },
  { readonly errorCode: number; readonly offsets: readonly GroupOffset[] }
> = {
  api: "offsetFetch",
  version: 7,
  write: (writer, { group, partitions }) => {
    writer.string(group);
    if (partitions === "all") writer.array(null, () => {});
    else {
      const topics = [...Map.groupBy(partitions, ({ topic }) => topic)];
      writeTopics(
        writer,
        topics.map(([topic, own]) => ({ topic, partitions: own })),
        ({ partition }) => writer.int32(partition),
      );
    }
    writer.boolean(true).tags();
  },
  read: (reader) => {
    reader.int32();
    const topics = readTopics(reader, (topic) => {
      const [partition, offset, epoch] = [reader.int32(), reader.int64(), reader.int32()];
      const metadata = reader.nullableString() ?? "";
      const errorCode = reader.int16();
      reader.tags();
      return { topic, partition, offset, metadata, errorCode, ...(epoch >= 0 && { leaderEpoch: epoch }) };
    });
    const all = topics.flatMap(({ partitions }) => partitions);
    const errorCode = reader.int16() || (all.find((entry) => entry.errorCode !== 0)?.errorCode ?? 0);
    const offsets = all.filter(({ offset }) => offset >= 0).map(({ errorCode: _, ...offset }) => offset);
    return { errorCode, offsets };
  },
};
