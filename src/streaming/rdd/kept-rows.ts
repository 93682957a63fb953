import type { Partition } from "./partition.ts";

/** The rows of partitions, which are kept once they were gone through, where and as long as they are to be kept. */
export class KeptRows {
  readonly partitions: readonly Partition[];
  #kept: (readonly unknown[])[] = [];

  constructor(partitions: readonly Partition[], isKept: () => boolean) {
    this.partitions = partitions.map(({ rows, count }, index) => ({
      rows: {
        [Symbol.iterator]: () => {
          if (!isKept()) return rows[Symbol.iterator]();
          this.#kept[index] ??= [...rows];
          return this.#kept[index].values();
        },
      },
      ...(count !== undefined && { count }),
    }));
  }

  forget(): void {
    this.#kept = [];
  }
}
