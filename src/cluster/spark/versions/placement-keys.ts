import { finishHash, mixWord } from "../../../bytes/murmur3.ts";

/** Of Spark's hash partitioning. */
const seed = 42;

/** For each partition the smallest int that Spark's hash partitioning brings there: how a row is placed where there is no direct way. */
export function placementKeys(numPartitions: number): Int32Array {
  const keys = new Int32Array(numPartitions);
  const found = new Uint8Array(numPartitions);
  for (let key = 0, missing = numPartitions; missing > 0; key++) {
    const partition = partitionOf(key, numPartitions);
    if (found[partition] === 1) continue;
    found[partition] = 1;
    keys[partition] = key;
    missing--;
  }
  return keys;
}

/** Murmur3 of the int's four bytes, as a signed number, modulo the number of partitions: Spark's `pmod(hash(key), n)`. */
function partitionOf(key: number, numPartitions: number): number {
  const remainder = (finishHash(mixWord(seed, key), 0, 4) | 0) % numPartitions;
  return remainder < 0 ? remainder + numPartitions : remainder;
}
