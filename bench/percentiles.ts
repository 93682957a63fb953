/** Median, 99th percentile and the number of some times, in their unit. */
export function percentiles(times: readonly number[]): { median: number; p99: number; count: number } {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (part: number): number => Number((sorted[Math.floor(part * sorted.length)] ?? Number.NaN).toFixed(2));
  return { median: at(0.5), p99: at(0.99), count: times.length };
}
