import { checkInteger } from "../../../errors/checks/check-number.ts";
import { invalidOption } from "../../../errors/checks/check-options.ts";
import { DStreamError } from "../../../errors/dstream-error.ts";

/** Bounds of `count` buckets of one width from the least to the greatest of the numbers. @throws ILLEGAL_STATE, INVALID_OPTION */
export function evenBuckets(values: Iterable<number>, count: number): number[] {
  checkInteger("histogram's buckets", count, 1);
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) [min, max] = [Math.min(min, value), Math.max(max, value)];
  if (!Number.isFinite(min) || !Number.isFinite(max)) {
    const text = "histogram of an empty RDD, or of one with NaN or infinity; give it the bounds of its buckets";
    throw new DStreamError("ILLEGAL_STATE", text);
  }
  if (min === max) return [min, min];
  return [...Array.from({ length: count }, (_, i) => min + (i * (max - min)) / count), max];
}

/** @throws INVALID_OPTION unless there are at least two bounds, in order. */
export function checkBounds(bounds: readonly number[]): void {
  if (!Array.isArray(bounds)) throw invalidOption("histogram's buckets", typeof bounds, "a number or bounds");
  const isInOrder = bounds.every(
    (bound, i) => typeof bound === "number" && (i === 0 ? !Number.isNaN(bound) : (bounds[i - 1] as number) <= bound),
  );
  if (bounds.length >= 2 && isInOrder) return;
  throw invalidOption("histogram's buckets", `[${bounds.map(String).join(", ")}]`, "at least two bounds in order");
}

/** How many numbers are in each bucket: from its bound up to, not including, the next; the last one's end belongs to it. */
export function countBuckets(values: Iterable<number>, bounds: readonly number[]): number[] {
  const counts = new Array<number>(bounds.length - 1).fill(0);
  const last = bounds.length - 1;
  for (const value of values) {
    const above = firstAbove(bounds, value);
    if (above === 0) continue;
    const bucket = above - 1 === last && value === bounds[last] ? last - 1 : above - 1;
    if (bucket < last) counts[bucket] = (counts[bucket] as number) + 1;
  }
  return counts;
}

/** Position of the first bound greater than the number; 0 for NaN. */
function firstAbove(bounds: readonly number[], value: number): number {
  let [low, high] = [0, bounds.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((bounds[middle] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return Number.isNaN(value) ? 0 : low;
}
