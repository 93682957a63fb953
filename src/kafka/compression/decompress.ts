import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { type BatchPosition, corruptBatch, decompressedTooLarge } from "../record-batch/batch-error.ts";
import { codecs } from "./codec.ts";
import { decompressLz4 } from "./lz4-frame.ts";
import { decompressSnappy } from "./snappy.ts";

/**
 * Decompresses the records of a batch to at most `maxBytes`. Where the format declares its size, a larger one is refused before
 * anything is allocated; else as soon as the output reaches the limit.
 *
 * @throws BATCH_TOO_LARGE naming `at`, the limit and the option; CORRUPT_BATCH for data the codec cannot have written.
 */
export function decompress(codec: number, input: Buffer, maxBytes: number, at: BatchPosition): Buffer {
  switch (codec) {
    case codecs.none:
      if (input.length > maxBytes) throw decompressedTooLarge(at, maxBytes, input.length);
      return input;
    case codecs.snappy:
      return decompressSnappy(input, maxBytes, at);
    case codecs.lz4:
      return decompressLz4(input, maxBytes, at);
    case codecs.gzip:
      return inflate(gunzipSync, "gzip", input, maxBytes, at);
    case codecs.zstd:
      return inflate(zstdDecompressSync, "zstd", input, maxBytes, at);
    default:
      throw corruptBatch(at, at.offset, `its compression codec is ${codec}`);
  }
}

type Inflater = (input: Buffer, options: { maxOutputLength: number; chunkSize: number }) => Buffer;

function inflate(inflater: Inflater, codec: string, input: Buffer, maxBytes: number, at: BatchPosition): Buffer {
  try {
    return inflater(input, { maxOutputLength: maxBytes, chunkSize: chunkBytes(input.length, maxBytes) });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ERR_BUFFER_TOO_LARGE") throw decompressedTooLarge(at, maxBytes);
    throw corruptBatch(at, at.offset, `its ${codec} data is damaged`, error);
  }
}

/** Output that fits one chunk is not copied again; records seldom shrink to less than an eighth. */
function chunkBytes(inputBytes: number, maxBytes: number): number {
  return Math.max(64, Math.min(8 * inputBytes, 1024 * 1024, maxBytes));
}
