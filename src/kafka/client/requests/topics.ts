import type { RequestType } from "../broker-connection.ts";

export interface TopicResult {
  readonly name: string;
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

export interface NewTopic {
  readonly name: string;
  /** −1: the broker's default. */
  readonly partitions: number;
  readonly config: Readonly<Record<string, string>>;
}

export const createTopicRequest: RequestType<NewTopic, readonly TopicResult[]> = {
  api: "createTopics",
  version: 5,
  write: (writer, { name, partitions, config }) => {
    writer.array([name], () => {
      writer
        .string(name)
        .int32(partitions)
        .int16(-1)
        .array([], () => {});
      writer.array(Object.entries(config), ([key, value]) => writer.string(key).string(value).tags());
      writer.tags();
    });
    writer.int32(30_000).boolean(false).tags();
  },
  read: (reader) => {
    reader.int32();
    return reader.array(() => {
      const result = { name: reader.string(), errorCode: reader.int16(), errorMessage: reader.nullableString() };
      reader.int32();
      reader.int16();
      reader.nullableArray(() => {
        reader.string();
        reader.nullableString();
        reader.boolean();
        reader.int8();
        reader.boolean();
        reader.tags();
      });
      reader.tags();
      return result;
    });
  },
};

export const deleteTopicRequest: RequestType<string, readonly TopicResult[]> = {
  api: "deleteTopics",
  version: 4,
  write: (writer, name) =>
    writer
      .array([name], () => writer.string(name))
      .int32(30_000)
      .tags(),
  read: (reader) => {
    reader.int32();
    return reader.array(() => {
      const result = { name: reader.string(), errorCode: reader.int16(), errorMessage: null };
      reader.tags();
      return result;
    });
  },
};
