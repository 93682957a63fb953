import type { PartitionResult, ProduceRequest } from "../../producer/producer-network.ts";
import { readTopics, writeTopics } from "../../protocol/topic-partitions.ts";
import type { RequestType } from "../broker-connection.ts";

export interface ProduceResponse {
  readonly throttleMs: number;
  readonly partitions: readonly PartitionResult[];
}

export const produceRequest: RequestType<ProduceRequest, ProduceResponse> = {
  api: "produce",
  version: 9,
  write: (writer, { acks, timeoutMs, transactionalId, topics }) => {
    writer.string(transactionalId).int16(acks).int32(timeoutMs);
    writeTopics(writer, topics, ({ partition, records }) => writer.int32(partition).bytes(records).tags());
    writer.tags();
  },
  read: (reader) => {
    const topics = readTopics(reader, (topic) => {
      const result = { topic, partition: reader.int32(), errorCode: reader.int16(), baseOffset: reader.int64() };
      reader.skip(16);
      reader.array(() => {
        reader.int32();
        reader.nullableString();
        reader.tags();
      });
      const errorMessage = reader.nullableString();
      reader.tags();
      return { ...result, errorMessage };
    });
    return { partitions: topics.flatMap(({ partitions }) => partitions), throttleMs: reader.int32() };
  },
};
