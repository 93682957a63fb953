import type { Handler } from "../handler.ts";
import { fencedBefore } from "./fenced.ts";

export const endTxn: Handler = ({ broker, reader, writer, version }) => {
  const [id, producerId, epoch, isCommit] = [reader.string(), reader.int64(), reader.int16(), reader.boolean()];
  reader.tags();
  const errorCode = broker.transactions.end(id, { producerId, epoch }, isCommit);
  writer
    .int32(0)
    .int16(fencedBefore(2, version, errorCode))
    .tags();
  return undefined;
};
