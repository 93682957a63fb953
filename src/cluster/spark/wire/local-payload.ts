import type { Block } from "../../../codec/block.ts";

// The blocks of an input that the driver sends along, in one value: each after its length as a little-endian uint32.

export function encodeBlocks(blocks: readonly Block[]): Uint8Array {
  const payload = Buffer.alloc(blocks.reduce((sum, block) => sum + 4 + block.length, 0));
  let at = 0;
  for (const block of blocks) {
    at = payload.writeUInt32LE(block.length, at);
    payload.set(block, at);
    at += block.length;
  }
  return payload;
}

export function decodeBlocks(payload: Uint8Array): Block[] {
  const view = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const blocks: Block[] = [];
  for (let at = 0; at < view.length; ) {
    const from = at + 4;
    at = from + view.readUInt32LE(at);
    blocks.push(payload.slice(from, at) as Block);
  }
  return blocks;
}
