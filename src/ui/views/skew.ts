/** How uneven buckets are: the largest ÷ the mean; undefined where there is nothing in them, or no buckets. */
export function skewOf(sizes: readonly number[]): number | undefined {
  const sum = sizes.reduce((a, b) => a + b, 0);
  return sum === 0 ? undefined : sizes.reduce((a, b) => Math.max(a, b)) / (sum / sizes.length);
}
