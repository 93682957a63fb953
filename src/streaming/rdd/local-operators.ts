import { checkFunction, invalidOption } from "../../errors/check-options.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import type { OffsetRange } from "../../kafka/types.ts";
import { checkNumPartitions, type Partitioner } from "../../plan/partitioner.ts";
import { countOf, LocalActions } from "./local-actions.ts";
import type { LocalRDD } from "./local-rdd.ts";
import { naturalOrder } from "./natural-order.ts";
import { lazily, once, type Partition, slices } from "./partition.ts";
import { sampler } from "./sampling.ts";
import { scatter } from "./shuffle.ts";

/** The operators on rows of any kind of an RDD whose rows are here. Types are those of the interface RDD. */
export abstract class LocalOperators extends LocalActions {
  map(f: (row: any) => any): LocalRDD {
    checkFunction("map", f);
    return this.narrow(function* (rows) {
      for (const row of rows) yield f(row);
    });
  }

  flatMap(f: (row: any) => Iterable<any>): LocalRDD {
    checkFunction("flatMap", f);
    return this.narrow(function* (rows) {
      for (const row of rows) yield* f(row);
    });
  }

  filter(f: (row: any) => boolean): LocalRDD {
    checkFunction("filter", f);
    return this.narrow(function* (rows) {
      for (const row of rows) if (f(row)) yield row;
    });
  }

  mapPartitions(f: (rows: Iterable<any>) => Iterable<any>): LocalRDD {
    checkFunction("mapPartitions", f);
    return this.narrow((rows) => f(rows)[Symbol.iterator]());
  }

  mapPartitionsWithIndex(f: (index: number, rows: Iterable<any>) => Iterable<any>): LocalRDD {
    checkFunction("mapPartitionsWithIndex", f);
    return this.narrow((rows, index) => f(index, rows)[Symbol.iterator]());
  }

  glom(): LocalRDD {
    return this.mapPartitions((rows) => [[...rows]]);
  }

  keyBy(f: (row: any) => any): LocalRDD {
    checkFunction("keyBy", f);
    return this.map((row) => [f(row), row]);
  }

  groupBy(f: (row: any) => any, partitioner?: Partitioner<any>): LocalRDD {
    return this.keyBy(f).groupByKey(partitioner);
  }

  zipWithIndex(): LocalRDD {
    const { partitions } = this;
    return this.narrow(function* (rows, index) {
      let at = partitions.slice(0, index).reduce((sum, partition) => sum + countOf(partition), 0);
      for (const row of rows) yield [row, at++];
    });
  }

  zip(other: unknown): LocalRDD {
    const others = this.local("zip", other).partitions;
    if (others.length !== this.numPartitions) throw notAsMany("partitions", this.numPartitions, others.length);
    return this.narrow(function* (rows, index) {
      const right = (others[index] as Partition).rows[Symbol.iterator]();
      let zipped = 0;
      for (const row of rows) {
        const next = right.next();
        if (next.done) throw notAsMany(`rows in partition ${index}`, `more than ${zipped}`, zipped);
        zipped++;
        yield [row, next.value];
      }
      if (!right.next().done) throw notAsMany(`rows in partition ${index}`, zipped, `more than ${zipped}`);
    });
  }

  union(other: unknown): LocalRDD {
    return this.derive([...this.partitions, ...this.local("union", other).partitions]);
  }

  cartesian(other: unknown): LocalRDD {
    const others = this.local("cartesian", other).partitions;
    const combined = this.partitions.flatMap(({ rows }) =>
      others.map((right) =>
        lazily(function* () {
          for (const a of rows) for (const b of right.rows) yield [a, b];
        }),
      ),
    );
    return this.derive(combined);
  }

  intersection(other: unknown, partitioner?: Partitioner<any>): LocalRDD {
    return this.#cogroupRows("intersection", other, partitioner).flatMap(([, [here, there]]) =>
      there.length === 0 ? [] : here.slice(0, 1),
    );
  }

  subtract(other: unknown, partitioner?: Partitioner<any>): LocalRDD {
    return this.#cogroupRows("subtract", other, partitioner).flatMap(([, [here, there]]) =>
      there.length === 0 ? here : [],
    );
  }

  distinct(numPartitions?: number): LocalRDD {
    return this.keyBy((row) => row)
      .reduceByKey((row) => row, numPartitions)
      .values();
  }

  repartition(numPartitions: number): LocalRDD {
    checkNumPartitions(numPartitions);
    return this.derive(scatter(this.partitions, { kind: "in turns", numPartitions }));
  }

  coalesce(numPartitions: number): LocalRDD {
    const count = Math.min(checkNumPartitions(numPartitions), this.numPartitions);
    const bound = (i: number): number => Math.floor((i * this.numPartitions) / count);
    const merged = Array.from({ length: count }, (_, i) => {
      const neighbours = this.partitions.slice(bound(i), bound(i + 1));
      return lazily(function* () {
        for (const { rows } of neighbours) yield* rows;
      });
    });
    return this.derive(merged);
  }

  sortBy(f: (row: any) => any, ascending = true, numPartitions = Math.max(1, this.numPartitions)): LocalRDD {
    checkFunction("sortBy", f);
    const direction = ascending ? 1 : -1;
    const sorted = once(() => {
      const keyed = [...this.rows()].map((row) => ({ row, key: f(row) }));
      return keyed.sort((a, b) => direction * naturalOrder(a.key, b.key)).map(({ row }) => row);
    });
    return this.derive(slices(sorted, checkNumPartitions(numPartitions)));
  }

  sample(withReplacement: boolean, fraction: number, seed = Math.floor(Math.random() * 2 ** 32)): LocalRDD {
    if (!(fraction >= 0) || (!withReplacement && fraction > 1)) {
      throw invalidOption("sample's fraction", fraction, withReplacement ? "at least 0" : "from 0 to 1");
    }
    return this.narrow(function* (rows, index) {
      const times = sampler(withReplacement, fraction, seed + index);
      for (const row of rows) for (let n = times(); n > 0; n--) yield row;
    });
  }

  /** Rows for rows, partition by partition. */
  protected narrow(f: (rows: Iterable<any>, index: number) => Iterator<any>): LocalRDD {
    const partitions = this.partitions.map(({ rows }, index) => lazily(() => f(rows, index)));
    return this.derive(partitions, this.offsetRanges);
  }

  protected abstract derive(partitions: readonly Partition[], offsetRanges?: readonly OffsetRange[]): LocalRDD;

  /** @throws INVALID_OPTION for anything that is no RDD whose rows are here. */
  protected local(operator: string, other: unknown): LocalRDD {
    if (other instanceof LocalOperators) return other as LocalRDD;
    throw invalidOption(`${operator}'s argument`, typeof other, "an RDD of the same batch or of parallelize()");
  }

  #cogroupRows(operator: string, other: unknown, partitioner: Partitioner<any> | undefined): LocalRDD {
    const self = (row: unknown): unknown => row;
    return this.keyBy(self).cogroup(this.local(operator, other).keyBy(self), partitioner);
  }
}

function notAsMany(what: string, here: unknown, there: unknown): DStreamError {
  return new DStreamError("ILLEGAL_STATE", `zip needs as many ${what} on both sides, not ${here} and ${there}`);
}
