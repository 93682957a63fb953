import { batchHeaderBytes } from "../../kafka/record-batch/batch-header.ts";
import { controlType } from "../../kafka/record-batch/control-batch.ts";

/** Before the record's key come its length, attributes, two deltas and the key's length, a byte each; the key begins with a version. */
const typePosition = batchHeaderBytes + 5 + 2;

/** Whether a control batch, as the broker writes them, ends its producer's transaction by an abort. */
export function isAbortMarker(batch: Buffer): boolean {
  return batch.readInt16BE(typePosition) === controlType.abort;
}
