// Kafka's own variant of MurmurHash2 (32 bit, seed 0x9747b28c). Every client that wants a key to land where the Java client
// puts it needs exactly this one; it has nothing to do with the hash by which streams are partitioned.
const multiplier = 0x5bd1e995;
const seed = 0x9747b28c;

/** The signed 32-bit hash of `bytes`. */
export function murmur2(bytes: Uint8Array): number {
  const { length } = bytes;
  const at = (i: number): number => bytes[i] as number;
  let hash = seed ^ length;
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    let word = at(i) | (at(i + 1) << 8) | (at(i + 2) << 16) | (at(i + 3) << 24);
    word = Math.imul(word, multiplier);
    word ^= word >>> 24;
    hash = Math.imul(hash, multiplier) ^ Math.imul(word, multiplier);
  }
  const left = length - i;
  if (left >= 3) hash ^= at(i + 2) << 16;
  if (left >= 2) hash ^= at(i + 1) << 8;
  if (left >= 1) hash = Math.imul(hash ^ at(i), multiplier);
  hash = Math.imul(hash ^ (hash >>> 13), multiplier);
  return hash ^ (hash >>> 15);
}
