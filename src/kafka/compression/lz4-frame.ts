// The LZ4 frame format, as in record batches. A first walk over the blocks' lengths gives an upper bound of the output, so that
// one allocation, never above the limit, holds it. The frame's own xxHash checksums are passed over: the batch's CRC-32C covers
// the same bytes.
import { type BatchPosition, corruptBatch, decompressedTooLarge } from "../record-batch/batch-error.ts";
import { decodeLz4Block, lz4Overflow } from "./lz4-block.ts";

const magic = 0x184d2204;
const flag = { blockChecksum: 0x10, contentSize: 0x08, dictionary: 0x01 } as const;
const storedBit = 0x80000000;
/** No input byte of a block stands for more output than this. */
const expansionMax = 255;

interface Lz4Frame {
  readonly firstBlock: number;
  readonly blockBytesMax: number;
  readonly checksumBytes: number;
  readonly contentBytes: number | undefined;
}

interface Lz4Block {
  readonly start: number;
  readonly end: number;
  readonly isStored: boolean;
}

/** @throws CORRUPT_BATCH, BATCH_TOO_LARGE */
export function decompressLz4(input: Buffer, maxBytes: number, at: BatchPosition): Buffer {
  const frame = readFrame(input, at);
  if ((frame.contentBytes ?? 0) > maxBytes) throw decompressedTooLarge(at, maxBytes, frame.contentBytes);
  const blocks = readBlocks(input, frame, at);
  const bound = blocks.reduce((sum, block) => sum + blockBound(block, frame), 0);
  const output = Buffer.allocUnsafeSlow(Math.min(bound, maxBytes));
  let to = 0;
  for (const block of blocks) {
    const limit = Math.min(output.length, to + frame.blockBytesMax);
    const next = block.isStored
      ? copyStored(input, block, output, to, limit)
      : decodeLz4Block(input, block.start, block.end, output, to, limit);
    if (next === lz4Overflow && limit === maxBytes) throw decompressedTooLarge(at, maxBytes);
    if (next < 0) throw damaged(at);
    to = next;
  }
  if (frame.contentBytes !== undefined && frame.contentBytes !== to) throw damaged(at);
  // A small batch in a frame of large blocks: what its records' views keep alive should be small too.
  return to * 2 < output.length ? Buffer.from(output.subarray(0, to)) : output.subarray(0, to);
}

function blockBound(block: Lz4Block, frame: Lz4Frame): number {
  const bytes = block.end - block.start;
  return block.isStored ? bytes : Math.min(bytes * expansionMax, frame.blockBytesMax);
}

function copyStored(input: Buffer, block: Lz4Block, output: Buffer, to: number, limit: number): number {
  if (block.end - block.start > limit - to) return lz4Overflow;
  return to + input.copy(output, to, block.start, block.end);
}

function readFrame(input: Buffer, at: BatchPosition): Lz4Frame {
  if (input.length < 7 || input.readUInt32LE(0) !== magic) throw corruptBatch(at, at.offset, "it has no LZ4 frame");
  const flags = input[4] as number;
  const blockSizeCode = ((input[5] as number) >>> 4) & 7;
  if (flags >>> 6 !== 1 || blockSizeCode < 4 || (flags & flag.dictionary) !== 0) {
    throw corruptBatch(at, at.offset, "its LZ4 frame is of an unknown kind");
  }
  const hasContentSize = (flags & flag.contentSize) !== 0;
  const firstBlock = hasContentSize ? 15 : 7;
  if (input.length < firstBlock) throw damaged(at);
  return {
    firstBlock,
    // Codes 4 to 7: 64 KiB, 256 KiB, 1 MiB, 4 MiB.
    blockBytesMax: 1 << (8 + 2 * blockSizeCode),
    checksumBytes: (flags & flag.blockChecksum) !== 0 ? 4 : 0,
    contentBytes: hasContentSize ? Number(input.readBigUInt64LE(6)) : undefined,
  };
}

/** The blocks up to the end mark. */
function readBlocks(input: Buffer, frame: Lz4Frame, at: BatchPosition): Lz4Block[] {
  const blocks: Lz4Block[] = [];
  for (let position = frame.firstBlock; ; ) {
    if (input.length - position < 4) throw damaged(at);
    const word = input.readUInt32LE(position);
    if (word === 0) return blocks;
    const isStored = word >= storedBit;
    const start = position + 4;
    const end = start + (isStored ? word - storedBit : word);
    if (end === start || end + frame.checksumBytes > input.length) throw damaged(at);
    blocks.push({ start, end, isStored });
    position = end + frame.checksumBytes;
  }
}

function damaged(at: BatchPosition): Error {
  return corruptBatch(at, at.offset, "its LZ4 data is damaged");
}
