import { checkFunction, invalidOption } from "../../errors/checks/check-options.ts";
import { atOnce, givingAtOnce, rowsAtOnce } from "../../errors/user-code/at-once.ts";
import { callSite } from "../../errors/user-code/user-frame.ts";
import type { Operator } from "../../errors/user-code/user-function-failed.ts";
import type { OffsetRange } from "../../kafka/types.ts";
import { cogrouping } from "../../plan/aggregator.ts";
import { checkNumPartitions, type KeyPartitioning, type Partitioner, partitioningOf } from "../../plan/partitioner.ts";
import { pairsOf } from "../../task/errors/no-pair.ts";
import { ApproximateActions } from "./actions/approximate-actions.ts";
import { naturalOrder } from "./actions/natural-order.ts";
import { checkOnDriver } from "./homes/check-on-driver.ts";
import type { RDDMachine } from "./homes/rdd-home.ts";
import { KeptRows } from "./kept-rows.ts";
import { knownRanges } from "./known-ranges.ts";
import { type Combining, CommonOperators, type NarrowKind } from "./operators/common-operators.ts";
import { notAsMany } from "./operators/paired-rows.ts";
import { anySeed } from "./operators/sampling.ts";
import { type CombineInput, combineByKey, scatter } from "./operators/shuffle.ts";
import type { PairRDD } from "./pair-rdd.ts";
import { countOf, lazily, once, type Partition, rowsOf, slices } from "./partition.ts";

/**
 * An RDD whose rows are in this process. At run time it has the members of PairRDD, too; the types that programs see decide who
 * may call them.
 */
export class LocalRDD extends ApproximateActions<LocalRDD> implements Record<keyof PairRDD<unknown, unknown>, unknown> {
  readonly #offsetRanges: readonly OffsetRange[] | undefined;
  readonly #rows: KeptRows;
  protected readonly machine: RDDMachine;

  /** `offsetRanges`: where the partitions are those of a source. */
  constructor(partitions: readonly Partition[], machine: RDDMachine, offsetRanges?: readonly OffsetRange[]) {
    super();
    this.machine = machine;
    this.#rows = new KeptRows(partitions, () => this.keepsRows);
    this.#offsetRanges = offsetRanges;
  }

  /** Rows that the program has, cut into partitions. */
  static of(rows: readonly unknown[], numPartitions: number, machine: RDDMachine): LocalRDD {
    const partitions = slices(() => rows, numPartitions);
    return new LocalRDD(partitions, machine, []);
  }

  get offsetRanges(): readonly OffsetRange[] {
    return knownRanges(this.#offsetRanges);
  }

  get partitions(): readonly Partition[] {
    return this.#rows.partitions;
  }

  get numPartitions(): number {
    return this.partitions.length;
  }

  zipWithIndex(): LocalRDD {
    const { partitions } = this;
    return this.#moved(function* (rows, index) {
      let at = partitions.slice(0, index).reduce((sum, partition) => sum + countOf(partition), 0);
      for (const row of rows) yield [row, at++];
    });
  }

  union(other: unknown): LocalRDD {
    const wider = this.promoted(other);
    if (wider !== undefined) return wider.union(other);
    return this.#derived([...this.partitions, ...this.local("union", other).partitions]);
  }

  cartesian(other: unknown): LocalRDD {
    const wider = this.promoted(other);
    if (wider !== undefined) return wider.cartesian(other);
    const others = this.local("cartesian", other).partitions;
    const combined = this.partitions.flatMap(({ rows }) =>
      others.map((right) =>
        lazily(function* () {
          for (const a of rows) for (const b of right.rows) yield [a, b];
        }),
      ),
    );
    return this.#derived(combined);
  }

  repartition(numPartitions: number): LocalRDD {
    checkNumPartitions(numPartitions);
    return this.#derived(scatter(this.partitions, { kind: "in turns", numPartitions }, undefined));
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
    return this.#derived(merged);
  }

  sortBy(f: (row: any) => any, ascending = true, numPartitions = Math.max(1, this.numPartitions)): LocalRDD {
    checkFunction("sortBy", f);
    const direction = ascending ? 1 : -1;
    const keyOf = givingAtOnce("sortBy", f);
    const sorted = once(() => {
      const keyed = Array.from(rowsOf(this.partitions), (row) => ({ row, key: keyOf(row) }));
      return keyed.sort((a, b) => direction * naturalOrder(a.key, b.key)).map(({ row }) => row);
    });
    return this.#derived(slices(sorted, checkNumPartitions(numPartitions)));
  }

  partitionBy(partitioner: Partitioner<any>): LocalRDD {
    return this.#derived(
      scatter(this.partitions, partitioningOf(partitioner), { operator: "partitionBy", site: callSite() }),
    );
  }

  protected narrow(operator: string, kind: NarrowKind, f: (row: any) => any): LocalRDD {
    checkFunction(operator, f);
    const loop = loops[kind];
    const place = { operator, site: callSite() };
    return this.lazily((rows) => loop(rows, f, place));
  }

  protected wholePartitions(operator: string, f: (rows: Iterable<any>, index: number) => Iterable<unknown>): LocalRDD {
    const place = { operator, site: callSite() };
    return this.lazily((rows, index) => rowsAtOnce(f(rows, index), place)[Symbol.iterator]());
  }

  protected zipped(
    operator: string,
    other: unknown,
    f: (here: Iterable<any>, there: Iterable<any>, index: number) => Iterable<unknown>,
  ): LocalRDD {
    const wider = this.promoted(other);
    if (wider !== undefined) return wider.zipped(operator, other, f);
    const others = this.local(operator, other).partitions;
    if (others.length !== this.numPartitions) {
      throw notAsMany(operator, "partitions", this.numPartitions, others.length);
    }
    const place = { operator, site: callSite() };
    return this.#moved((rows, index) =>
      rowsAtOnce(f(rows, (others[index] as Partition).rows, index), place)[Symbol.iterator](),
    );
  }

  protected combine(operator: string, { aggregator, partitioner }: Combining): LocalRDD {
    return this.#combine(operator, [{ partitions: this.partitions, aggregator }], partitioner);
  }

  protected cogrouped(
    operator: string,
    others: readonly unknown[],
    partitioner: Partitioner<any> | undefined,
  ): LocalRDD {
    const wider = others.map((other) => this.promoted(other)).find((promoted) => promoted !== undefined);
    if (wider !== undefined) return wider.cogrouped(operator, others, partitioner);
    const sides = [this.partitions, ...others.map((other) => this.local(operator, other).partitions)];
    const inputs = sides.map((partitions, side) => ({ partitions, aggregator: cogrouping(side, sides.length) }));
    return this.#combine(operator, inputs, partitioner);
  }

  protected anySeed(): number {
    return anySeed(this.machine.random);
  }

  protected run(action: string): Promise<readonly Partition[]> {
    checkOnDriver(action);
    return Promise.resolve(this.partitions);
  }

  protected forget(): void {
    this.#rows.forget();
  }

  adopt(other: unknown): LocalRDD {
    return this.local("an operator", other);
  }

  /** Rows for rows, partition by partition. */
  protected lazily(f: (rows: Iterable<any>, index: number) => Iterator<any>): LocalRDD {
    return this.#derived(this.#moved(f).partitions, this.#offsetRanges);
  }

  /** The same of operators that shuffle where rows are not here: their RDDs have no offset ranges anywhere. */
  #moved(f: (rows: Iterable<any>, index: number) => Iterator<any>): LocalRDD {
    return this.#derived(this.partitions.map(({ rows }, index) => lazily(() => f(rows, index))));
  }

  #derived(partitions: readonly Partition[], offsetRanges?: readonly OffsetRange[]): LocalRDD {
    return new LocalRDD(partitions, this.machine, offsetRanges);
  }

  /** This RDD as one of the other's kind, where the other's rows are not here. */
  protected promoted(other: unknown): LocalRDD | undefined {
    if (!(other instanceof CommonOperators) || other instanceof LocalRDD) return undefined;
    return other.adopt(this) as unknown as LocalRDD;
  }

  /** @throws INVALID_OPTION for anything that is no RDD whose rows are here. */
  protected local(operator: string, other: unknown): LocalRDD {
    if (other instanceof LocalRDD) return other;
    throw invalidOption(`${operator}'s argument`, other, "an RDD of the same batch or of parallelize()");
  }

  #combine(operator: string, inputs: readonly CombineInput[], partitioner: Partitioner<any> | undefined): LocalRDD {
    const widest = Math.max(1, ...inputs.map(({ partitions }) => partitions.length));
    const partitioning: KeyPartitioning = partitioningOf(partitioner ?? widest);
    return this.#derived(combineByKey(inputs, partitioning, { operator, site: callSite() }));
  }
}

type NarrowLoop = (rows: Iterable<any>, f: (row: any) => any, place: Operator) => Iterator<any>;

/** How each kind goes through the rows of a partition. */
const loops: Readonly<Record<NarrowKind, NarrowLoop>> = {
  *map(rows, f, place) {
    for (const row of rows) yield atOnce(f(row), place);
  },
  *flatMap(rows, f, place) {
    for (const row of rows) yield* rowsAtOnce(f(row), place);
  },
  *filter(rows, f, place) {
    for (const row of rows) if (atOnce(f(row), place)) yield row;
  },
  *mapValues(rows, f, place) {
    for (const [key, value] of pairsOf(rows)) yield [key, atOnce(f(value), place)];
  },
  *flatMapValues(rows, f, place) {
    for (const [key, value] of pairsOf(rows)) for (const out of rowsAtOnce(f(value), place)) yield [key, out];
  },
};
