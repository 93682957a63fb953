import { batchHeaderBytes } from "../../../kafka/record-batch/batch-header.ts";
import { controlType } from "../../../kafka/record-batch/control-batch.ts";
import { readRawVarint, readVarlong, varint } from "../../../kafka/record-batch/varint.ts";

/** Whether a control batch, as the broker writes them, ends its producer's transaction by an abort. One without a record does not. */
export function isAbortMarker(batch: Buffer): boolean {
  if (batch.length <= batchHeaderBytes) return false;
  // Before the record's key come its length, attributes, two deltas and the key's length; the key begins with a version.
  readRawVarint(batch, batchHeaderBytes);
  readVarlong(batch, varint.end + 1);
  readRawVarint(batch, varint.end);
  readRawVarint(batch, varint.end);
  return batch.readInt16BE(varint.end + 2) === controlType.abort;
}
