// How an order over all partitions is made: each tells some of its keys, from these follow the bounds of ranges with about as
// many rows each, and every row goes to the partition of its range.

/** Some keys of a partition, evenly spaced, and how many rows each of them stands for. */
export interface KeySample {
  readonly keys: readonly unknown[];
  readonly weight: number;
}

type Order = (a: unknown, b: unknown) => number;

const keysOfPartition = 128;

export function sampleOfKeys(rows: readonly unknown[], keyOf: (row: any) => unknown): KeySample {
  const count = Math.min(rows.length, keysOfPartition);
  const keys = Array.from({ length: count }, (_, i) => keyOf(rows[Math.floor(((i + 0.5) * rows.length) / count)]));
  return { keys, weight: rows.length / count };
}

/** The greatest keys of all ranges but the last; fewer than asked for where keys are few. */
export function rangeBounds(samples: readonly KeySample[], order: Order, numRanges: number): unknown[] {
  const candidates = samples.flatMap(({ keys, weight }) => keys.map((key) => ({ key, weight })));
  candidates.sort((a, b) => order(a.key, b.key));
  const share = candidates.reduce((sum, { weight }) => sum + weight, 0) / numRanges;
  const bounds: unknown[] = [];
  let before = 0;
  let target = share;
  for (const { key, weight } of candidates) {
    before += weight;
    if (before < target || bounds.length === numRanges - 1) continue;
    if (bounds.length > 0 && order(key, bounds.at(-1)) === 0) continue;
    bounds.push(key);
    target += share;
  }
  return bounds;
}

/** The range that a key belongs to. */
export function rangeOf(key: unknown, bounds: readonly unknown[], order: Order): number {
  let [low, high] = [0, bounds.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (order(key, bounds[middle]) <= 0) high = middle;
    else low = middle + 1;
  }
  return low;
}
