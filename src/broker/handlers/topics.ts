import { readTopics, writeTopics } from "../../kafka/protocol/topic-partitions.ts";
import type { Handler } from "./handler.ts";

export const createTopics: Handler = ({ broker, reader, writer, version }) => {
  const asked = reader.array(() => {
    const name = reader.string();
    const partitions = reader.int32();
    reader.int16();
    const assignments = reader.array(() => {
      reader.int32();
      reader.array(() => reader.int32());
      reader.tags();
    });
    const config = reader.array(() => {
      const entry = [reader.string(), reader.nullableString() ?? ""] as const;
      reader.tags();
      return entry;
    });
    reader.tags();
    const count = partitions > 0 ? partitions : assignments.length || broker.topics.defaultPartitions;
    return { name, count, config: Object.fromEntries(config) };
  });
  reader.int32();
  const isTrial = reader.boolean();
  writer.int32(0).array(asked, ({ name, count, config }) => {
    const errorCode = isTrial ? 0 : broker.topics.create(name, count, config);
    writer.string(name);
    if (version >= 7) writer.uuid(broker.topics.get(name)?.id ?? "0".repeat(32));
    writer.int16(errorCode).string(null);
    if (version >= 5)
      writer
        .int32(count)
        .int16(1)
        .array([], () => {});
    writer.tags();
  });
  writer.tags();
  return undefined;
};

export const deleteTopics: Handler = ({ broker, reader, writer, version }) => {
  const names = reader.array(() => reader.string());
  writer.int32(0).array(names, (name) => {
    writer.string(name).int16(broker.topics.delete(name));
    if (version >= 5) writer.string(null);
    writer.tags();
  });
  writer.tags();
  return undefined;
};

export const createPartitions: Handler = ({ broker, reader, writer }) => {
  const asked = reader.array(() => {
    const name = reader.string();
    const count = reader.int32();
    reader.nullableArray(() => {
      reader.array(() => reader.int32());
      reader.tags();
    });
    reader.tags();
    return { name, count };
  });
  writer
    .int32(0)
    .array(asked, ({ name, count }) =>
      writer.string(name).int16(broker.topics.addPartitions(name, count)).string(null).tags(),
    );
  writer.tags();
  return undefined;
};

/** Moves the start of logs; offset −1 stands for the end. */
export const deleteRecords: Handler = ({ broker, reader, writer }) => {
  const topics = readTopics(reader, (topic) => {
    const [partition, asked] = [reader.int32(), reader.int64()];
    reader.tags();
    const log = broker.topics.partition(topic, partition);
    const errorCode = broker.topics.deleteRecords(topic, partition, asked === -1 ? (log?.endOffset ?? 0) : asked);
    return { partition, errorCode, lowWatermark: errorCode === 0 ? (log?.startOffset ?? -1) : -1 };
  });
  reader.int32();
  writer.int32(0);
  writeTopics(writer, topics, ({ partition, lowWatermark, errorCode }) =>
    writer.int32(partition).int64(lowWatermark).int16(errorCode).tags(),
  );
  writer.tags();
  return undefined;
};
