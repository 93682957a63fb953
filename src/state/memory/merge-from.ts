/**
 * The first of the newest files of a chain that are worth being merged into one, given the bytes of all; undefined when none
 * are. All are when the others have more bytes than the first. Else files are taken together of which each has no more bytes than
 * all behind it, once there are `fanIn` of them. So the sizes of those that stay at least halve from file to file, a chain
 * has hardly more than `fanIn` files and the logarithm of its size, and everything is written again about as often as that
 * logarithm says.
 */
export function mergeFrom(sizes: readonly number[], fanIn: number): number | undefined {
  const [oldest = 0, ...others] = sizes;
  if (others.reduce((a, b) => a + b, 0) > oldest) return 0;
  let first = sizes.length;
  let sum = 0;
  while (first > 0 && (sum === 0 || (sizes[first - 1] as number) <= sum)) sum += sizes[--first] as number;
  return sizes.length - first >= fanIn ? first : undefined;
}
