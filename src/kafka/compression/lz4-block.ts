import { copyLiteral, copyMatch } from "./byte-copy.ts";

/** What `decodeLz4Block` returns instead of a position: the data is damaged, or wants to write behind the limit. */
export const lz4Damaged = -1;
export const lz4Overflow = -2;

const matchBytesMin = 4;

/**
 * Decodes the LZ4 block `input[start, end)` into `output` from `outputStart` on; never writes at or behind `outputLimit`.
 * Matches may reach back to the start of `output`, as blocks that depend on earlier ones do.
 * Returns the position behind the last byte written.
 */
export function decodeLz4Block(
  input: Buffer,
  start: number,
  end: number,
  output: Buffer,
  outputStart: number,
  outputLimit: number,
): number {
  let from = start;
  let to = outputStart;
  while (from < end) {
    const token = input[from++] as number;
    let literals = token >>> 4;
    if (literals === 15) {
      let more = 255;
      while (more === 255) {
        if (from >= end) return lz4Damaged;
        more = input[from++] as number;
        literals += more;
      }
    }
    if (literals > end - from) return lz4Damaged;
    if (literals > outputLimit - to) return lz4Overflow;
    copyLiteral(input, from, output, to, literals);
    from += literals;
    to += literals;
    // The last sequence has literals only.
    if (from === end) return to;

    if (end - from < 2) return lz4Damaged;
    const distance = (input[from] as number) | ((input[from + 1] as number) << 8);
    from += 2;
    let length = token & 15;
    if (length === 15) {
      let more = 255;
      while (more === 255) {
        if (from >= end) return lz4Damaged;
        more = input[from++] as number;
        length += more;
      }
    }
    length += matchBytesMin;
    if (distance === 0 || distance > to) return lz4Damaged;
    if (length > outputLimit - to) return lz4Overflow;
    copyMatch(output, to, distance, length);
    to += length;
  }
  return lz4Damaged;
}
