import { kafkaErrors } from "../../../kafka/protocol/kafka-error-codes.ts";
import { batchField, batchOverheadBytes } from "../../../kafka/record-batch/batch-header.ts";

export interface BadBatch {
  readonly errorCode: number;
  readonly message: string;
  /** Records that are wrong by themselves, by their place in the batch. */
  readonly records?: readonly RecordError[];
}

export interface RecordError {
  readonly index: number;
  readonly message: string;
}

/** Bytes of a batch that is there. */
export interface FramedBatch {
  readonly errorCode: 0;
  readonly batch: Buffer;
}

/** The least that the length field may say: an empty message of the oldest format. */
const leastLength = 14;
/** Up to and including the magic. */
const headerUpToMagic = 17;

export const badBatch = (name: keyof typeof kafkaErrors, message: string): BadBatch => ({
  errorCode: kafkaErrors[name].code,
  message,
});

/**
 * The one batch that the records of a produce request are, by what its own fields say. As with Kafka, what follows and is no whole
 * batch is left out.
 */
export function framedBatch(records: Buffer): FramedBatch | BadBatch {
  const bytes = batchBytesAt(records, 0);
  if (typeof bytes === "object") return bytes;
  if (bytes === undefined) return badBatch("INVALID_RECORD", "there is no whole record batch");
  const magic = records.readInt8(batchField.magic);
  if (magic !== 2)
    return badBatch("INVALID_RECORD", `the format version (magic) is ${magic}, older than that of Kafka 0.11`);
  const next = batchBytesAt(records, bytes);
  if (typeof next === "object") return next;
  if (next !== undefined) return badBatch("INVALID_RECORD", "there is more than one record batch");
  return { errorCode: 0, batch: records.subarray(0, bytes) };
}

/** Bytes of the batch at `start`; undefined where there is none, or not all of it. */
function batchBytesAt(records: Buffer, start: number): number | undefined | BadBatch {
  const left = records.length - start;
  if (left < batchOverheadBytes) return undefined;
  const length = records.readInt32BE(start + batchField.length);
  if (length < leastLength)
    return badBatch("CORRUPT_MESSAGE", `the batch's length says ${length} bytes; the least is ${leastLength}`);
  if (left < headerUpToMagic) return undefined;
  const magic = records.readInt8(start + batchField.magic);
  if (magic < 0 || magic > 2) return badBatch("CORRUPT_MESSAGE", `the format version (magic) is ${magic}`);
  return length + batchOverheadBytes > left ? undefined : length + batchOverheadBytes;
}
