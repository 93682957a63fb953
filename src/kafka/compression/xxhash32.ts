const prime = [0, 2_654_435_761, 2_246_822_519, 3_266_489_917, 668_265_263, 374_761_393] as const;

/** xxHash of 32 bits with seed 0, the checksum of LZ4 frames. */
export function xxhash32(bytes: Buffer): number {
  const { length } = bytes;
  let position = 0;
  let hash: number = prime[5];
  if (length >= 16) {
    let lanes = [prime[1] + prime[2], prime[2], 0, -prime[1]].map((lane) => lane | 0);
    for (; position + 16 <= length; position += 16) {
      const at = position;
      lanes = lanes.map((lane, i) =>
        Math.imul(rotated((lane + Math.imul(bytes.readInt32LE(at + 4 * i), prime[2])) | 0, 13), prime[1]),
      );
    }
    const turns = [1, 7, 12, 18];
    hash = lanes.reduce((sum, lane, i) => (sum + rotated(lane, turns[i] as number)) | 0, 0);
  }
  hash = (hash + length) | 0;
  for (; position + 4 <= length; position += 4)
    hash = Math.imul(rotated((hash + Math.imul(bytes.readInt32LE(position), prime[3])) | 0, 17), prime[4]);
  for (; position < length; position++)
    hash = Math.imul(rotated((hash + Math.imul(bytes[position] as number, prime[5])) | 0, 11), prime[1]);
  hash = Math.imul(hash ^ (hash >>> 15), prime[2]);
  hash = Math.imul(hash ^ (hash >>> 13), prime[3]);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function rotated(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
