import type { RequestType } from "../broker-connection.ts";

export interface ProducerIdentity {
  readonly errorCode: number;
  readonly producerId: number;
  readonly producerEpoch: number;
}

export const initProducerIdRequest: RequestType<
  { readonly transactionalId: string | null; readonly transactionTimeoutMs: number },
  ProducerIdentity
> = {
  api: "initProducerId",
  version: 3,
  write: (writer, { transactionalId, transactionTimeoutMs }) => {
    writer.string(transactionalId).int32(transactionTimeoutMs).int64(-1).int16(-1).tags();
  },
  read: (reader) => {
    reader.int32();
    return { errorCode: reader.int16(), producerId: reader.int64(), producerEpoch: reader.int16() };
  },
};
