import type { PartitionResult, ProduceRequest } from "../../producer/producer-network.ts";
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
    writer.array(topics, ({ topic, partitions }) => {
      writer.string(topic).array(partitions, ({ partition, records }) => writer.int32(partition).bytes(records).tags());
      writer.tags();
    });
    writer.tags();
  },
  read: (reader) => {
    const partitions = reader.array(() => {
      const topic = reader.string();
      const results = reader.array(() => {
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
      reader.tags();
      return results;
    });
    return { partitions: partitions.flat(), throttleMs: reader.int32() };
  },
};
