import { gunzipSync } from "node:zlib";
import { type BatchPosition, corruptBatch, decompressedTooLarge } from "../record-batch/batch-error.ts";
import { codecs } from "./codec.ts";
import { inflate } from "./inflate.ts";
import { decompressLz4 } from "./lz4-frame.ts";
import { decompressSnappy } from "./snappy.ts";
import { decompressZstd } from "./zstd.ts";

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
      return decompressGzip(input, maxBytes, at);
    case codecs.zstd:
      return decompressZstd(input, maxBytes, at);
    default:
      throw corruptBatch(at, at.offset, `its compression codec is ${codec}`);
  }
}

function decompressGzip(input: Buffer, maxBytes: number, at: BatchPosition): Buffer {
  const output = inflate(gunzipSync, "gzip", input, maxBytes, at);
  if (output === undefined) throw decompressedTooLarge(at, maxBytes);
  return output;
}
