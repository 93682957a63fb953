import type { Handler } from "../handler.ts";
import { fencedBefore } from "./fenced.ts";

export const addOffsetsToTxn: Handler = ({ broker, reader, writer, version }) => {
  const [id, producerId, epoch, group] = [reader.string(), reader.int64(), reader.int16(), reader.string()];
  reader.tags();
  const errorCode = broker.transactions.addGroup(id, { producerId, epoch }, group);
  writer
    .int32(0)
    .int16(fencedBefore(2, version, errorCode))
    .tags();
  return undefined;
};
