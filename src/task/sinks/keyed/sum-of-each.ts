/** What tasks added to each accumulator, by its id. */
export function sumOfEach(parts: readonly Readonly<Record<number, number>>[]): Record<number, number> {
  const sums: Record<number, number> = {};
  for (const part of parts) {
    for (const [id, n] of Object.entries(part)) sums[Number(id)] = (sums[Number(id)] ?? 0) + n;
  }
  return sums;
}
