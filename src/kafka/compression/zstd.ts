// The zstd format (RFC 8878, 3.1): frames one after the other, and frames to be skipped between them. Node's zlib decompresses the
// first and says nothing of the others, so a walk over the lengths of their blocks finds where each one ends.
import zlib from "node:zlib";
import { type BatchPosition, corruptBatch, decompressedTooLarge } from "../record-batch/batch-error.ts";
import { inflate } from "./inflate.ts";

const magic = 0xfd2fb528;
const skippable = { magic: 0x184d2a50, mask: 0xfffffff0 } as const;
const flag = { singleSegment: 0x20, checksum: 0x04 } as const;
const checksumBytes = 4;
const block = { headerBytes: 3, last: 1, repeated: 1, reserved: 3 } as const;
/** Bytes of a field by the two bits that say so. */
const dictionaryIdBytes = [0, 1, 2, 4] as const;
const contentSizeBytes = [0, 2, 4, 8] as const;

/** @throws CORRUPT_BATCH, BATCH_TOO_LARGE */
export function decompressZstd(input: Buffer, maxBytes: number, at: BatchPosition): Buffer {
  const parts: Buffer[] = [];
  let left = maxBytes;
  for (const frame of frames(input, at)) {
    // Zlib takes no limit of 0; what a frame has beyond it is noticed below.
    const part = inflate(zlib.zstdDecompressSync, "zstd", frame, Math.max(1, left), at);
    if (part === undefined || part.length > left) throw decompressedTooLarge(at, maxBytes);
    left -= part.length;
    parts.push(part);
  }
  const [first] = parts;
  if (first === undefined) throw corruptBatch(at, at.offset, "it has no zstd frame");
  return parts.length === 1 ? first : Buffer.concat(parts);
}

/** The frames that have content. */
function* frames(input: Buffer, at: BatchPosition): Generator<Buffer> {
  for (let start = 0; start < input.length; ) {
    const end = endOfFrame(input, start);
    if (end === undefined || end > input.length) throw corruptBatch(at, at.offset, "its zstd data is damaged");
    if (input.readUInt32LE(start) === magic) yield input.subarray(start, end);
    start = end;
  }
}

/** Undefined, or a place behind the input, where there is no whole frame. */
function endOfFrame(input: Buffer, start: number): number | undefined {
  if (input.length - start < 8) return undefined;
  const kind = input.readUInt32LE(start);
  if ((kind & skippable.mask) === skippable.magic) return start + 8 + input.readUInt32LE(start + 4);
  if (kind !== magic) return undefined;
  const flags = input[start + 4] as number;
  const end = endOfBlocks(input, start + 5 + restOfHeader(flags));
  return end === undefined || (flags & flag.checksum) === 0 ? end : end + checksumBytes;
}

/** Bytes of a frame's header behind its flags: window, dictionary and size of the content, where it has them. */
function restOfHeader(flags: number): number {
  const isSingleSegment = (flags & flag.singleSegment) !== 0;
  const sizeBytes = contentSizeBytes[flags >>> 6] as number;
  const dictionaryBytes = dictionaryIdBytes[flags & 3] as number;
  return isSingleSegment ? dictionaryBytes + Math.max(1, sizeBytes) : 1 + dictionaryBytes + sizeBytes;
}

function endOfBlocks(input: Buffer, first: number): number | undefined {
  for (let at = first; at + block.headerBytes <= input.length; ) {
    const header = input.readUIntLE(at, block.headerBytes);
    const kind = (header >>> 1) & 3;
    if (kind === block.reserved) return undefined;
    at += block.headerBytes + (kind === block.repeated ? 1 : header >>> 3);
    if ((header & block.last) !== 0) return at;
  }
  return undefined;
}
