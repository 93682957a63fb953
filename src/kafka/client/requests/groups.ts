import { readTopics, writeTopics } from "../../protocol/topic-partitions.ts";
import type { RequestType } from "../broker-connection.ts";

export interface GroupOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export interface Coordinator {
  readonly errorCode: number;
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}

/** The broker that keeps a group's offsets. */
export const findCoordinatorRequest: RequestType<string, Coordinator> = {
  api: "findCoordinator",
  version: 3,
  write: (writer, group) => writer.string(group).int8(0).tags(),
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
    const topics = offsets.map(({ topic, ...partition }) => ({ topic, partitions: [partition] }));
    writeTopics(writer, topics, ({ partition, offset }) => {
      writer.int32(partition).int64(offset).int32(-1).string("").tags();
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

/** All committed offsets of a group. */
export const offsetFetchRequest: RequestType<
  string,
  { readonly errorCode: number; readonly offsets: readonly GroupOffset[] }
> = {
  api: "offsetFetch",
  version: 7,
  write: (writer, group) =>
    writer
      .string(group)
      .array(null, () => {})
      .boolean(true)
      .tags(),
  read: (reader) => {
    reader.int32();
    const topics = readTopics(reader, (topic) => {
      const head = { topic, partition: reader.int32(), offset: reader.int64() };
      reader.int32();
      reader.nullableString();
      reader.int16();
      reader.tags();
      return head;
    });
    const offsets = topics.flatMap(({ partitions }) => partitions).filter(({ offset }) => offset >= 0);
    return { errorCode: reader.int16(), offsets };
  },
};
