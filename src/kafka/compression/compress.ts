import zlib from "node:zlib";
import { lz4Compress, snappyCompress } from "@platformatic/wasm-utils";
import type { CompressionName } from "./codec.ts";

/**
 * Compresses the records of a batch in the form every Kafka client reads: gzip, one raw snappy block, one LZ4 frame with
 * independent blocks, one zstd frame. Runs on the calling thread; "none" returns its input.
 */
export function compress(codec: CompressionName, input: Buffer): Buffer {
  switch (codec) {
    case "none":
      return input;
    case "gzip":
      return zlib.gzipSync(input, { chunkSize: Math.max(64, Math.min(input.length, 1024 * 1024)) });
    case "snappy":
      return snappyCompress(input);
    case "lz4":
      return lz4Compress(input);
    case "zstd":
      return zlib.zstdCompressSync(input, { chunkSize: Math.max(64, Math.min(input.length, 1024 * 1024)) });
  }
}
