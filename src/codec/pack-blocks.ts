import type { Block } from "./block.ts";

// Blocks are bounded, so that neither a large group nor a partition of large rows makes a block that is hard to move. How large
// rows are shows only when they are encoded, so the first block is of few rows, and each next one of as many as should fill it.
// What a block holds depends on the rows alone.
const maxRows = 1 << 14;
const targetBytes = 1 << 20;
const maxBytes = 4 * targetBytes;

/** Rows of the first block. */
export const firstCapacity = 256;

/**
 * Encodes rows `from` to `until` (at least one) into one block, or into several where one would be larger than 4 MiB; a block
 * of a single row may be. Returns how many rows the next block should have.
 */
export function packBlocks(
  from: number,
  until: number,
  encode: (from: number, until: number) => Block,
  emit: (block: Block) => void,
): number {
  const block = encode(from, until);
  const count = until - from;
  if (block.length > maxBytes && count > 1) {
    const middle = from + (count >> 1);
    packBlocks(from, middle, encode, emit);
    return packBlocks(middle, until, encode, emit);
  }
  emit(block);
  return Math.max(1, Math.min(maxRows, Math.floor((count * targetBytes) / block.length)));
}
