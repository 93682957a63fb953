import { kafkaErrors } from "../../../kafka/protocol/kafka-error-codes.ts";
import type { Handler } from "../handler.ts";

export const describeTransactions: Handler = ({ broker, reader, writer }) => {
  const ids = reader.array(() => reader.string());
  reader.tags();
  writer.int32(0).array(ids, (id) => {
    const transaction = broker.transactions.get(id);
    if (transaction === undefined) {
      const errorCode = id === "" ? kafkaErrors.INVALID_REQUEST.code : kafkaErrors.TRANSACTIONAL_ID_NOT_FOUND.code;
      writer.int16(errorCode).string(id).string("").int32(0).int64(0).int64(0).int16(0);
      writer.array([], () => {}).tags();
      return;
    }
    const { state, timeoutMs, startMs, producerId, epoch, partitions } = transaction;
    writer.int16(0).string(id).string(state).int32(timeoutMs).int64(startMs).int64(producerId).int16(epoch);
    writer.array([...Map.groupBy(partitions, ({ topic }) => topic)], ([topic, own]) => {
      writer.string(topic).array(own, ({ partition }) => writer.int32(partition));
      writer.tags();
    });
    writer.tags();
  });
  writer.tags();
  return undefined;
};
