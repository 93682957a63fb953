import { readTopics, writeTopics } from "../../kafka/protocol/topic-partitions.ts";
import { nodeId } from "../broker-state.ts";
import type { Handler, RequestContext } from "./handler.ts";

/** This node coordinates everything. */
export const findCoordinator: Handler = ({ broker, reader, writer, version }) => {
  const { host, port } = broker;
  if (version >= 4) {
    reader.int8();
    const keys = reader.array(() => reader.string());
    writer
      .int32(0)
      .array(keys, (key) => writer.string(key).int32(nodeId).string(host).int32(port).int16(0).string(null).tags());
  } else {
    if (version >= 1) writer.int32(0);
    writer.int16(0);
    if (version >= 1) writer.string(null);
    writer.int32(nodeId).string(host).int32(port);
  }
  writer.tags();
  return undefined;
};

export const offsetCommit: Handler = ({ broker, reader, writer, version }) => {
  const group = reader.string();
  const [generation, memberId] = [reader.int32(), reader.string()];
  if (version >= 7) reader.nullableString();
  if (version <= 4) reader.int64();
  const refused = generation < 0 ? 0 : broker.groups.group(group).check(memberId, generation);
  const topics = readTopics(reader, (topic) => {
    const [partition, offset] = [reader.int32(), reader.int64()];
    if (version >= 6) reader.int32();
    const metadata = reader.nullableString() ?? "";
    reader.tags();
    if (refused === 0) broker.groups.commit(group, { topic, partition, offset, metadata });
    return partition;
  });
  if (version >= 3) writer.int32(0);
  writeTopics(writer, topics, (partition) => writer.int32(partition).int16(refused).tags());
  writer.tags();
  return undefined;
};

export const offsetFetch: Handler = (context) => {
  const { reader, writer, version } = context;
  if (version >= 8) {
    const groups = reader.array(() => {
      const group = reader.string();
      if (version >= 9) {
        reader.nullableString();
        reader.int32();
      }
      const topics = readAsked(context);
      reader.tags();
      return { group, topics };
    });
    writer.int32(0).array(groups, ({ group, topics }) => {
      writer.string(group);
      writeOffsets(context, group, topics);
      writer.int16(0).tags();
    });
  } else {
    const group = reader.string();
    const topics = readAsked(context);
    if (version >= 3) writer.int32(0);
    writeOffsets(context, group, topics);
    if (version >= 2) writer.int16(0);
  }
  writer.tags();
  return undefined;
};

type Asked = readonly { readonly topic: string; readonly partitions: readonly number[] }[] | null;

/** Null: all that the group has. */
function readAsked({ reader }: RequestContext): Asked {
  return reader.nullableArray(() => {
    const topic = reader.string();
    const partitions = reader.array(() => reader.int32());
    reader.tags();
    return { topic, partitions };
  });
}

function writeOffsets({ broker, writer, version }: RequestContext, group: string, asked: Asked): void {
  const topics =
    asked ??
    Object.entries(Object.groupBy(broker.groups.offsets(group), ({ topic }) => topic)).map(([topic, offsets = []]) => ({
      topic,
      partitions: offsets.map(({ partition }) => partition),
    }));
  const flat = topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map((partition) => ({
      partition,
      committed: broker.groups.offset(group, topic, partition),
    })),
  }));
  writeTopics(writer, flat, ({ partition, committed }) => {
    writer.int32(partition).int64(committed?.offset ?? -1);
    if (version >= 5) writer.int32(-1);
    writer
      .string(committed?.metadata ?? "")
      .int16(0)
      .tags();
  });
}
