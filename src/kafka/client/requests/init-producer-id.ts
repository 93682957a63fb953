import type { ProducerEpoch } from "../../producer/producer-network.ts";
import type { RequestType } from "../broker-connection.ts";

export interface ProducerIdentity extends ProducerEpoch {
  readonly errorCode: number;
}

/** A producer that has no id yet. */
const nobody: ProducerEpoch = { producerId: -1, producerEpoch: -1 };

export const initProducerIdRequest: RequestType<
  {
    readonly transactionalId: string | null;
    readonly transactionTimeoutMs: number;
    /** What the producer has and wants to go on from; it gets the next epoch, unless another one has. */
    readonly present?: ProducerEpoch | undefined;
  },
  ProducerIdentity
> = {
  api: "initProducerId",
  version: 4,
  write: (writer, { transactionalId, transactionTimeoutMs, present = nobody }) => {
    writer.string(transactionalId).int32(transactionTimeoutMs);
    writer.int64(present.producerId).int16(present.producerEpoch).tags();
  },
  read: (reader) => {
    reader.int32();
    return { errorCode: reader.int16(), producerId: reader.int64(), producerEpoch: reader.int16() };
  },
};
