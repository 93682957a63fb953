import { kafkaErrors } from "../../kafka/protocol/kafka-error-codes.ts";
import { readTopics, writeTopics } from "../../kafka/protocol/topic-partitions.ts";
import type { Handler } from "./handler.ts";

export const initProducerId: Handler = ({ broker, reader, writer }) => {
  const transactionalId = reader.nullableString();
  const { producerId, epoch } = broker.transactions.initProducerId(transactionalId, reader.int32());
  writer.int32(0).int16(0).int64(producerId).int16(epoch).tags();
  return undefined;
};

export const addPartitionsToTxn: Handler = ({ broker, reader, writer }) => {
  const [id, producerId, epoch] = [reader.string(), reader.int64(), reader.int16()];
  const topics = readTopics(reader, (topic) => {
    const partition = reader.int32();
    return { partition, errorCode: broker.transactions.addPartition(id, producerId, epoch, topic, partition) };
  });
  writer.int32(0);
  writeTopics(writer, topics, ({ partition, errorCode }) => writer.int32(partition).int16(errorCode).tags());
  writer.tags();
  return undefined;
};

export const addOffsetsToTxn: Handler = ({ broker, reader, writer }) => {
  const errorCode = broker.transactions.addOffsets(reader.string(), reader.int64(), reader.int16());
  writer.int32(0).int16(errorCode).tags();
  return undefined;
};

export const endTxn: Handler = ({ broker, reader, writer }) => {
  const errorCode = broker.transactions.end(reader.string(), reader.int64(), reader.int16(), reader.boolean());
  writer.int32(0).int16(errorCode).tags();
  return undefined;
};

export const txnOffsetCommit: Handler = ({ broker, reader, writer, version }) => {
  const [id, group, producerId, epoch] = [reader.string(), reader.string(), reader.int64(), reader.int16()];
  if (version >= 3) {
    const generation = reader.int32();
    const memberId = reader.string();
    reader.nullableString();
    const refused = generation >= 0 ? broker.groups.group(group).check(memberId, generation) : 0;
    if (refused !== 0 && refused !== kafkaErrors.UNKNOWN_MEMBER_ID.code) return answer(refused);
  }
  return answer(0);

  function answer(refused: number): undefined {
    const topics = readTopics(reader, (topic) => {
      const [partition, offset] = [reader.int32(), reader.int64()];
      if (version >= 2) reader.int32();
      const metadata = reader.nullableString() ?? "";
      reader.tags();
      const errorCode =
        refused ||
        broker.transactions.commitOffset(id, producerId, epoch, { group, topic, partition, offset, metadata });
      return { partition, errorCode };
    });
    writer.int32(0);
    writeTopics(writer, topics, ({ partition, errorCode }) => writer.int32(partition).int16(errorCode).tags());
    writer.tags();
    return undefined;
  }
};
