// Snappy as Kafka uses it: one raw block (librdkafka), or the framing of the xerial library (Java): a header of 16 bytes and
// blocks, each preceded by its length. Every block declares what it decompresses to, so the bound is checked before anything is
// allocated, and decoding may not write a byte more than declared.
import { type BatchPosition, corruptBatch, decompressedTooLarge } from "../record-batch/batch-error.ts";
import { readRawVarint, varint } from "../record-batch/varint.ts";
import { copyLiteral, copyMatch } from "./byte-copy.ts";

const xerialMagic = Buffer.from("\x82SNAPPY\0", "latin1");
const xerialHeaderBytes = 16;

interface Block {
  /** Where the block's elements start and end, behind its declared length. */
  readonly start: number;
  readonly end: number;
  readonly plainBytes: number;
}

/** @throws CORRUPT_BATCH, BATCH_TOO_LARGE */
export function decompressSnappy(input: Buffer, maxBytes: number, at: BatchPosition): Buffer {
  const blocks = isXerial(input) ? xerialBlocks(input, at) : [readBlock(input, 0, input.length, at)];
  const total = blocks.reduce((sum, block) => sum + block.plainBytes, 0);
  if (total > maxBytes) throw decompressedTooLarge(at, maxBytes, total);
  const output = Buffer.allocUnsafeSlow(total);
  let position = 0;
  for (const block of blocks) {
    if (!decodeBlock(input, block, output, position)) throw corruptBatch(at, at.offset, "its snappy data is damaged");
    position += block.plainBytes;
  }
  return output;
}

function isXerial(input: Buffer): boolean {
  return input.length >= xerialHeaderBytes && xerialMagic.equals(input.subarray(0, xerialMagic.length));
}

function xerialBlocks(input: Buffer, at: BatchPosition): Block[] {
  const blocks: Block[] = [];
  for (let position = xerialHeaderBytes; position < input.length; ) {
    const left = input.length - position - 4;
    const length = left < 0 ? -1 : input.readInt32BE(position);
    if (length < 0 || length > left)
      throw corruptBatch(at, at.offset, `its snappy block of ${length} bytes does not fit`);
    blocks.push(readBlock(input, position + 4, position + 4 + length, at));
    position += 4 + length;
  }
  return blocks;
}

function readBlock(input: Buffer, start: number, end: number, at: BatchPosition): Block {
  const plainBytes = readRawVarint(input, start);
  if (plainBytes < 0 || varint.end > end) throw corruptBatch(at, at.offset, "its snappy data has no length");
  return { start: varint.end, end, plainBytes };
}

/** False where the elements do not give exactly the declared length. */
function decodeBlock(input: Buffer, block: Block, output: Buffer, outputStart: number): boolean {
  const { end } = block;
  const limit = outputStart + block.plainBytes;
  let from = block.start;
  let to = outputStart;
  while (from < end) {
    const tag = input[from++] as number;
    const kind = tag & 3;
    let length = (tag >>> 2) + 1;
    if (kind === 0) {
      if (length > 60) {
        const lengthBytes = length - 60;
        if (lengthBytes > end - from) return false;
        length = input.readUIntLE(from, lengthBytes) + 1;
        from += lengthBytes;
      }
      if (length > end - from || length > limit - to) return false;
      copyLiteral(input, from, output, to, length);
      from += length;
    } else {
      const distanceBytes = kind === 3 ? 4 : kind;
      if (distanceBytes > end - from) return false;
      let distance = input[from] as number;
      if (kind === 1) {
        distance |= (tag >>> 5) << 8;
        length = ((tag >>> 2) & 7) + 4;
      } else distance = input.readUIntLE(from, distanceBytes);
      from += distanceBytes;
      if (distance === 0 || distance > to - outputStart || length > limit - to) return false;
      copyMatch(output, to, distance, length);
    }
    to += length;
  }
  return to === limit;
}
