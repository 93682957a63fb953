/** Rows of one partition, which may be gone through any number of times; and how many, where that is known without doing so. */
export interface Partition {
  readonly rows: Iterable<any>;
  readonly count?: number;
}

/** A partition whose rows are made anew each time. */
export function lazily(start: () => Iterator<unknown>): Partition {
  return { rows: { [Symbol.iterator]: start } };
}

/** Makes a value when it is first asked for. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** Rows cut into partitions of almost equal size, in order: slice i is [i·n ÷ p, (i+1)·n ÷ p). */
export function slices(rows: () => readonly unknown[], numPartitions: number): Partition[] {
  return Array.from({ length: numPartitions }, (_, i) =>
    lazily(() => {
      const all = rows();
      const bound = (partition: number): number => Math.floor((partition * all.length) / numPartitions);
      return all.slice(bound(i), bound(i + 1)).values();
    }),
  );
}

/** The rows of all partitions, one after the other. */
export function* rowsOf(partitions: readonly Partition[]): Generator<any> {
  for (const { rows } of partitions) yield* rows;
}

/** How many rows a partition has, counted where it is not known. */
export function countOf({ rows, count }: Partition): number {
  if (count !== undefined) return count;
  let counted = 0;
  for (const _ of rows) counted++;
  return counted;
}

export function isEmptyPartition({ rows, count }: Partition): boolean {
  if (count !== undefined) return count === 0;
  for (const _ of rows) return false;
  return true;
}
