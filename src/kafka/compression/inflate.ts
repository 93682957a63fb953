import { type BatchPosition, corruptBatch } from "../record-batch/batch-error.ts";

/** A codec of Node's zlib. */
export type Inflater = (input: Buffer, options: { maxOutputLength: number; chunkSize: number }) => Buffer;

/** What `input` decompresses to; undefined where that is more than `maxBytes`, as soon as it is. @throws CORRUPT_BATCH */
export function inflate(
  inflater: Inflater,
  codec: string,
  input: Buffer,
  maxBytes: number,
  at: BatchPosition,
): Buffer | undefined {
  try {
    return inflater(input, { maxOutputLength: maxBytes, chunkSize: chunkBytes(input.length, maxBytes) });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ERR_BUFFER_TOO_LARGE") return undefined;
    throw corruptBatch(at, at.offset, `its ${codec} data is damaged`, error);
  }
}

/** Output that fits one chunk is not copied again; records seldom shrink to less than an eighth. */
function chunkBytes(inputBytes: number, maxBytes: number): number {
  return Math.max(64, Math.min(8 * inputBytes, 1024 * 1024, maxBytes));
}
