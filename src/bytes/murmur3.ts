// 32-bit MurmurHash3 (x86 variant), public domain algorithm by Austin Appleby. Key → bucket is part of the checkpoint format,
// so nothing here may change.

const c1 = 0xcc9e2d51;
const c2 = 0x1b873593;

/** Mixes one little-endian word of four bytes into the hash. */
export function mixWord(hash: number, word: number): number {
  let k = Math.imul(word, c1);
  k = (k << 15) | (k >>> 17);
  let h = hash ^ Math.imul(k, c2);
  h = (h << 13) | (h >>> 19);
  return (Math.imul(h, 5) + 0xe6546b64) | 0;
}

/** Mixes the last one to three bytes, as a little-endian number, and finishes. `length` is that of all bytes. */
export function finishHash(hash: number, tail: number, length: number): number {
  let h = hash;
  if ((length & 3) !== 0) {
    let k = Math.imul(tail, c1);
    k = (k << 15) | (k >>> 17);
    h ^= Math.imul(k, c2);
  }
  h ^= length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** The hash of bytes, an unsigned 32-bit number. */
export function murmur3(bytes: Uint8Array, seed: number): number {
  let hash = seed | 0;
  const whole = bytes.length & ~3;
  let i = 0;
  for (; i < whole; i += 4) hash = mixWord(hash, word(bytes, i));
  let tail = 0;
  for (let j = bytes.length - 1; j >= i; j--) tail = (tail << 8) | (bytes[j] as number);
  return finishHash(hash, tail, bytes.length);
}

function word(bytes: Uint8Array, i: number): number {
  const b = bytes as { [index: number]: number };
  return (b[i] as number) | ((b[i + 1] as number) << 8) | ((b[i + 2] as number) << 16) | ((b[i + 3] as number) << 24);
}
