import { xxhash32 } from "../../../kafka/compression/xxhash32.ts";

const flag = { reserved: 0x03, contentSize: 0x08, blockChecksum: 0x10, independentBlocks: 0x20 } as const;
const reservedOfSize = 0x8f;
const lengthMask = 0x7fffffff;

/**
 * Whether the Java client can read an LZ4 frame that is well formed otherwise: it knows neither blocks that refer to earlier ones nor
 * dictionaries, and checks the header's and the blocks' checksums. As Kafka, the broker lets nothing into a log that Java's readers
 * stop at.
 */
export function isLz4ForJava(frame: Buffer): boolean {
  const flags = frame.readUInt8(4);
  if ((flags & flag.reserved) !== 0 || (flags & flag.independentBlocks) === 0) return false;
  if ((frame.readUInt8(5) & reservedOfSize) !== 0) return false;
  const end = (flags & flag.contentSize) !== 0 ? 14 : 6;
  if (frame[end] !== ((xxhash32(frame.subarray(4, end)) >>> 8) & 0xff)) return false;
  return (flags & flag.blockChecksum) === 0 || blocksAreWhole(frame, end + 1);
}

function blocksAreWhole(frame: Buffer, firstBlock: number): boolean {
  let position = firstBlock;
  for (let word = frame.readUInt32LE(position); word !== 0; word = frame.readUInt32LE(position)) {
    const end = position + 4 + (word & lengthMask);
    if (xxhash32(frame.subarray(position + 4, end)) !== frame.readUInt32LE(end)) return false;
    position = end + 4;
  }
  return true;
}
