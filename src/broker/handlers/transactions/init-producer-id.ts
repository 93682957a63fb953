import { kafkaErrors } from "../../../kafka/protocol/kafka-error-codes.ts";
import type { Handler } from "../handler.ts";
import { fencedBefore } from "./fenced.ts";

export const initProducerId: Handler = ({ broker, reader, writer, version }) => {
  const [transactionalId, timeoutMs] = [reader.nullableString(), reader.int32()];
  const present = { producerId: version >= 3 ? reader.int64() : -1, epoch: version >= 3 ? reader.int16() : -1 };
  reader.tags();
  const hasPresent = present.producerId >= 0 && present.epoch >= 0;
  const isContradictory = present.producerId >= 0 !== present.epoch >= 0;
  const result = isContradictory
    ? { errorCode: kafkaErrors.INVALID_REQUEST.code, producerId: -1, epoch: -1 }
    : transactionalId === null
      ? { errorCode: 0, producerId: broker.transactions.producerIds.next(), epoch: 0 }
      : broker.transactions.init(transactionalId, timeoutMs, hasPresent ? present : undefined);
  writer.int32(0).int16(fencedBefore(4, version, result.errorCode));
  writer.int64(result.producerId).int16(result.epoch).tags();
  return undefined;
};
