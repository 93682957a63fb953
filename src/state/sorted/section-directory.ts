/**
 * What is known of the entries of one bucket in a sorted file without reading them. Entries stand in the order of their keys'
 * hashes and are read in groups; `hashes` has one for each entry, the rest one for each group and, but for `crcs`, one more for the end.
 */
export interface SectionDirectory {
  readonly hashes: Uint32Array;
  /** Where groups begin, in bytes from the section's start. */
  readonly offsets: Float64Array;
  /** The first entry of each group. */
  readonly firsts: Uint32Array;
  /** CRC-32C of each group. */
  readonly crcs: Uint32Array;
}

const headLength = 8;

/** Numbers of entries and groups (4 bytes each), then the arrays: offsets, hashes, firsts, crcs. */
export function encodeDirectory({ hashes, offsets, firsts, crcs }: SectionDirectory): Buffer {
  const head = Buffer.alloc(headLength);
  head.writeUInt32LE(hashes.length, 0);
  head.writeUInt32LE(crcs.length, 4);
  const arrays = [offsets, hashes, firsts, crcs];
  return Buffer.concat([
    head,
    ...arrays.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)),
  ]);
}

/** Views of bytes whose checksum was verified. */
export function decodeDirectory(bytes: Uint8Array): SectionDirectory {
  // Views of numbers need their place in memory aligned.
  const { buffer, byteOffset } = bytes.byteOffset % 8 === 0 ? bytes : Uint8Array.from(bytes);
  const [entries, groups] = new Uint32Array(buffer, byteOffset, 2) as unknown as [number, number];
  let at = byteOffset + headLength;
  const take = (length: number): number => {
    at += length;
    return at - length;
  };
  return {
    offsets: new Float64Array(buffer, take((groups + 1) * 8), groups + 1),
    hashes: new Uint32Array(buffer, take(entries * 4), entries),
    firsts: new Uint32Array(buffer, take((groups + 1) * 4), groups + 1),
    crcs: new Uint32Array(buffer, take(groups * 4), groups),
  };
}

/**
 * The first entry whose hash is not below `hash`. Hashes are spread evenly, so the search begins where it should be and looks
 * around in growing steps, which touches few lines of the processor's cache where halving would touch one with each step.
 */
export function firstWithHash(hashes: Uint32Array, hash: number): number {
  let low = Math.floor((hash / 2 ** 32) * hashes.length);
  let high = low;
  for (let step = 32; low > 0 && (hashes[low - 1] as number) >= hash; step *= 2) low = Math.max(0, low - step);
  for (let step = 32; high < hashes.length && (hashes[high] as number) < hash; step *= 2) {
    high = Math.min(hashes.length, high + step);
  }
  return firstAtLeast(hashes, hash, low, high);
}

/** The group that an entry is in. */
export function groupOf(firsts: Uint32Array, entry: number): number {
  return firstAtLeast(firsts, entry + 1, 0, firsts.length) - 1;
}

/** The first position from `low` on, and before `high`, whose number is not below `wanted`; else `high`. */
function firstAtLeast(numbers: Uint32Array, wanted: number, low: number, high: number): number {
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] as number) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
