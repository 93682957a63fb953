import type { RequestType } from "../broker-connection.ts";

export interface MetadataResponse {
  readonly brokers: readonly { readonly nodeId: number; readonly host: string; readonly port: number }[];
  readonly controllerId: number;
  readonly topics: readonly TopicMetadata[];
}

export interface TopicMetadata {
  readonly errorCode: number;
  readonly name: string;
  /** 32 hexadecimal digits. A topic that is deleted and created anew gets another. */
  readonly id: string;
  readonly isInternal: boolean;
  readonly partitions: readonly {
    readonly errorCode: number;
    readonly partition: number;
    readonly leader: number;
    readonly leaderEpoch: number;
  }[];
}

const noId = "0".repeat(32);

/** Null: all topics. */
export const metadataRequest: RequestType<readonly string[] | null, MetadataResponse> = {
  api: "metadata",
  version: 10,
  write: (writer, topics) => {
    writer.array(topics, (topic) => writer.uuid(noId).string(topic).tags());
    writer.boolean(false).boolean(false).boolean(false).tags();
  },
  read: (reader) => {
    reader.int32();
    const brokers = reader.array(() => {
      const broker = { nodeId: reader.int32(), host: reader.string(), port: reader.int32() };
      reader.nullableString();
      reader.tags();
      return broker;
    });
    reader.nullableString();
    const controllerId = reader.int32();
    const topics = reader.array(() => {
      const topic = {
        errorCode: reader.int16(),
        name: reader.string(),
        id: reader.uuid(),
        isInternal: reader.boolean(),
      };
      const partitions = reader.array(() => {
        const partition = {
          errorCode: reader.int16(),
          partition: reader.int32(),
          leader: reader.int32(),
          leaderEpoch: reader.int32(),
        };
        for (let list = 0; list < 3; list++) reader.array(() => reader.int32());
        reader.tags();
        return partition;
      });
      reader.int32();
      reader.tags();
      return { ...topic, partitions };
    });
    return { brokers, controllerId, topics };
  },
};
