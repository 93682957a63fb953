import { offsetSource } from "../../driver/batch/offset-source.ts";
import { checkFunction, invalidOption } from "../../errors/checks/check-options.ts";
import { givingAtOnce } from "../../errors/user-code/at-once.ts";
import { callSite } from "../../errors/user-code/user-frame.ts";
import type { OffsetRange } from "../../kafka/types.ts";
import { cogrouping } from "../../plan/aggregator.ts";
import type { NodeParts } from "../../plan/batch/batch-graph.ts";
import type { PlanNode } from "../../plan/graph/nodes/node.ts";
import { type LiteralRows, literalRows } from "../../plan/literal-rows.ts";
import { checkNumPartitions, type Partitioner, partitioningOf } from "../../plan/partitioner.ts";
import { ApproximateActions } from "./actions/approximate-actions.ts";
import { naturalOrder } from "./actions/natural-order.ts";
import type { Building } from "./homes/building.ts";
import { checkOnDriver } from "./homes/check-on-driver.ts";
import type { RDDHome, RDDMachine } from "./homes/rdd-home.ts";
import { knownRanges } from "./known-ranges.ts";
import { LocalRDD } from "./local-rdd.ts";
import type { Combining, NarrowKind } from "./operators/common-operators.ts";
import { notAsMany } from "./operators/paired-rows.ts";
import { anySeed } from "./operators/sampling.ts";
import type { PairRDD } from "./pair-rdd.ts";
import type { Partition } from "./partition.ts";
import { type KeySample, rangeBounds, rangeOf, sampleOfKeys } from "./ranges.ts";

/** What a node is made of besides its operator's word and place in the program. */
type Parts<N = PlanNode> = N extends unknown ? Omit<N, "id" | "operator" | "site" | "slideMs"> : never;

/** The rows of one partition of each side, in an array of one. */
type Sides = readonly [here: readonly any[], there: readonly any[]];

/** See `#knowing`; all three run in tasks. */
interface Knowing<T, C> {
  tell(rows: readonly any[]): T;
  /** By partition. */
  conclude(told: readonly T[]): readonly C[];
  use(rows: readonly any[], conclusion: C): Iterable<unknown>;
}

/** Rows of RDDs that are here, as every process has them. Made once, since an RDD never changes. */
const literals = new WeakMap<LocalRDD, LiteralRows>();

/**
 * An RDD that is only planned: the nodes it will be when a graph is built with it, the same kinds that streams are made of. What
 * functions of transform get and make, and what createRDD gives. At run time it has the members of PairRDD, too. In transform
 * rows are never kept: what is used twice in a batch is computed once.
 */
export class PlannedRDD
  extends ApproximateActions<PlannedRDD>
  implements Record<keyof PairRDD<unknown, unknown>, unknown>
{
  /** Puts the RDD's node into a graph. */
  readonly recipe: (building: Building) => PlanNode;
  readonly home: RDDHome;
  readonly #parents: readonly PlannedRDD[];
  #kept: Promise<LocalRDD> | undefined;

  constructor(recipe: (building: Building) => PlanNode, home: RDDHome, parents: readonly PlannedRDD[] = []) {
    super();
    this.recipe = recipe;
    this.home = home;
    this.#parents = parents;
  }

  protected get machine(): RDDMachine {
    return this.home.machine;
  }

  get numPartitions(): number {
    return this.#ask(({ graph }, node) => graph.partitionsOf(node));
  }

  get offsetRanges(): readonly OffsetRange[] {
    return this.#ask(({ graph }, node) => {
      const source = offsetSource(node);
      return knownRanges(source && (graph.sources.get(source.id)?.offsetRanges ?? []));
    });
  }

  union(other: unknown): PlannedRDD {
    const sides = [this, this.adopt(other)];
    return this.#derive("union", (b) => ({ kind: "union", parents: sides.map((side) => b.nodeOf(side)) }), sides);
  }

  repartition(numPartitions: number): PlannedRDD {
    const partitioning = { kind: "in turns", numPartitions: checkNumPartitions(numPartitions) } as const;
    return this.#derive("repartition", (b) => ({ kind: "repartition", parent: b.nodeOf(this), partitioning }));
  }

  partitionBy(partitioner: Partitioner<any>): PlannedRDD {
    const partitioning = partitioningOf(partitioner);
    return this.#derive("partitionBy", (b) => ({ kind: "repartition", parent: b.nodeOf(this), partitioning }));
  }

  coalesce(numPartitions: number): PlannedRDD {
    const before = this.numPartitions;
    const count = Math.min(checkNumPartitions(numPartitions), Math.max(1, before));
    const placed = this.wholePartitions("coalesce", function* (rows, index) {
      const target = Math.floor(((index + 1) * count - 1) / before);
      for (const row of rows) yield [target, row];
    });
    return placed.partitionBy(asPlaced(count)).values();
  }

  sortBy(f: (row: any) => any, ascending = true, numPartitions = Math.max(1, this.numPartitions)): PlannedRDD {
    checkFunction("sortBy", f);
    checkNumPartitions(numPartitions);
    const keyOf = givingAtOnce("sortBy", f);
    const order = (a: unknown, b: unknown): number => (ascending ? naturalOrder(a, b) : naturalOrder(b, a));
    const placed = this.#knowing<KeySample, readonly unknown[]>("sortBy", {
      tell: (rows) => sampleOfKeys(rows, keyOf),
      conclude(samples) {
        const bounds = rangeBounds(samples, order, numPartitions);
        return samples.map(() => bounds);
      },
      *use(rows, bounds) {
        for (const row of rows) yield [rangeOf(keyOf(row), bounds, order), row];
      },
    });
    const ranges = placed.partitionBy(asPlaced(numPartitions));
    return ranges.wholePartitions("sortBy", (pairs) => {
      const keyed = Array.from(pairs, ([, row]) => ({ row, key: keyOf(row) }));
      return keyed.sort((a, b) => order(a.key, b.key)).map(({ row }) => row);
    });
  }

  zipWithIndex(): PlannedRDD {
    return this.#knowing<number, number>("zipWithIndex", {
      tell: (rows) => rows.length,
      conclude(counts) {
        let before = 0;
        return counts.map((count) => {
          before += count;
          return before - count;
        });
      },
      use: (rows, first) => rows.map((row, i) => [row, first + i]),
    });
  }

  cartesian(other: unknown): PlannedRDD {
    const right = this.adopt(other);
    const [rows, columns] = [this.numPartitions, right.numPartitions];
    const left = this.wholePartitions("cartesian", function* (all, row) {
      const held = [...all];
      for (let column = 0; column < columns; column++) yield [row * columns + column, held];
    });
    const across = right.wholePartitions("cartesian", function* (all, column) {
      const held = [...all];
      for (let row = 0; row < rows; row++) yield [row * columns + column, held];
    });
    const met = left.cogrouped("cartesian", [across], asPlaced(Math.max(1, rows * columns)));
    return met.narrow("cartesian", "flatMap", function* ([, [[here = []], [there = []]]]: [number, Sides]) {
      for (const a of here) for (const b of there) yield [a, b];
    });
  }

  /** @throws INVALID_OPTION for what is no RDD. */
  adopt(other: unknown): PlannedRDD {
    if (other instanceof PlannedRDD) return other;
    if (other instanceof LocalRDD) return literalRDD(other, callSite(), this.home);
    throw invalidOption("the argument of an RDD's operator", other, "another RDD");
  }

  protected narrow(operator: string, kind: NarrowKind, f: (row: any) => any): PlannedRDD {
    checkFunction(operator, f);
    return this.#derive(operator, (b) => ({ kind, parent: b.nodeOf(this), f }));
  }

  protected wholePartitions(
    operator: string,
    f: (rows: Iterable<any>, index: number) => Iterable<unknown>,
  ): PlannedRDD {
    return this.#derive(operator, (b) => ({
      kind: "mapPartitions",
      parent: b.nodeOf(this),
      f: (rows, { partition }) => f(rows, partition),
    }));
  }

  protected combine(operator: string, { aggregator, partitioner, mapSideCombine }: Combining): PlannedRDD {
    const partitioning = partitioningOf(partitioner);
    return this.#derive(operator, (b) => {
      const inputs = [{ parent: b.nodeOf(this), aggregator }];
      return { kind: "keyed", inputs, partitioning, mapSideCombine, update: undefined };
    });
  }

  protected zipped(
    operator: string,
    other: unknown,
    f: (here: Iterable<any>, there: Iterable<any>, index: number) => Iterable<unknown>,
  ): PlannedRDD {
    const right = this.adopt(other);
    const [here, there] = [this.numPartitions, right.numPartitions];
    if (here !== there) throw notAsMany(operator, "partitions", here, there);
    const met = this.#byPartition(operator).cogrouped(
      operator,
      [right.#byPartition(operator)],
      asPlaced(Math.max(1, here)),
    );
    return met.narrow(operator, "flatMap", ([index, [[left = []], [others = []]]]: [number, Sides]) =>
      f(left, others, index),
    );
  }

  protected cogrouped(
    operator: string,
    others: readonly unknown[],
    partitioner: Partitioner<any> | undefined,
  ): PlannedRDD {
    const sides = [this, ...others.map((other) => this.adopt(other))];
    const partitioning = partitioningOf(partitioner);
    const make = (b: Building): Parts => {
      const inputs = sides.map((side, i) => ({ parent: b.nodeOf(side), aggregator: cogrouping(i, sides.length) }));
      return { kind: "keyed", inputs, partitioning, mapSideCombine: false, update: undefined };
    };
    return this.#derive(operator, make, sides);
  }

  /** The same in the driver and in every worker, where the RDD is one of a batch. */
  protected anySeed(): number {
    return this.home.time ?? anySeed(this.machine.random);
  }

  protected run(action: string, limit?: number): Promise<readonly Partition[]> {
    const nearest = this.home.time === undefined ? this.#nearestKept() : [];
    if (nearest.length === 0) return this.home.run(action, (b) => b.nodeOf(this), limit).then(partitionsOf);
    checkOnDriver(action);
    return (this.keepsRows ? this.#keep(action) : this.#runOver(nearest, action, limit)).then(partitionsOf);
  }

  protected forget(): void {
    this.#kept = undefined;
  }

  /** Runs the RDD once for all actions. */
  #keep(action: string): Promise<LocalRDD> {
    const running =
      this.#kept ??
      this.#runOver(
        this.#parents.flatMap((parent) => parent.#nearestKept()),
        action,
      );
    this.#kept = running;
    running.catch(() => {
      if (this.#kept === running) this.#kept = undefined;
    });
    return running;
  }

  /** Runs the RDD with the rows of RDDs that keep theirs in the place of these. */
  async #runOver(kept: readonly PlannedRDD[], action: string, limit?: number): Promise<LocalRDD> {
    const literals = await Promise.all(
      kept.map(async (rdd) => ({ rdd, literal: literalRDD(await rdd.#keep(action), undefined, this.home) })),
    );
    const put = (building: Building): PlanNode => {
      for (const { rdd, literal } of literals) building.use(rdd, building.nodeOf(literal));
      return building.nodeOf(this);
    };
    return this.home.run(action, put, limit);
  }

  /** The RDDs that keep their rows, this one or the nearest that it derives from. */
  #nearestKept(): readonly PlannedRDD[] {
    return this.keepsRows ? [this] : this.#parents.flatMap((parent) => parent.#nearestKept());
  }

  /** The number of each partition and its rows. */
  #byPartition(operator: string): PlannedRDD {
    return this.wholePartitions(operator, (rows, index) => [[index, [...rows]]]);
  }

  /** What each partition makes of its rows and of what one task concludes from what all of them tell. */
  #knowing<T, C>(operator: string, { tell, conclude, use }: Knowing<T, C>): PlannedRDD {
    const count = Math.max(1, this.numPartitions);
    const held = this.#byPartition(operator);
    const told = held.narrow(operator, "map", ([index, rows]) => [index, tell(rows)]).repartition(1);
    const concluded = told.wholePartitions(operator, (pairs) => {
      const all = Array.from({ length: count }, () => tell([]));
      for (const [index, of] of pairs) all[index] = of;
      return conclude(all).entries();
    });
    const met = held.cogrouped(operator, [concluded], asPlaced(count));
    return met.narrow(operator, "flatMap", ([, [[rows = []], [conclusion]]]: [number, [any[][], C[]]]) =>
      use(rows, conclusion as C),
    );
  }

  #derive(operator: string, make: (building: Building) => Parts, from: readonly PlannedRDD[] = [this]): PlannedRDD {
    const site = callSite();
    const home = from.find((rdd) => rdd.home.time !== undefined)?.home ?? this.home;
    return new PlannedRDD((b) => b.add({ ...make(b), operator, site } as NodeParts), home, from);
  }

  #ask<T>(question: (building: Building, node: PlanNode) => T): T {
    const building = this.home.scratch();
    return question(building, building.nodeOf(this));
  }
}

/** Rows that are in this process, and in every other one that runs the program. */
function literalRDD(rdd: LocalRDD, site: string | undefined, home: RDDHome): PlannedRDD {
  return new PlannedRDD(({ graph }) => {
    const rows = literals.get(rdd) ?? literalRows(rdd.partitions.map((partition) => partition.rows));
    literals.set(rdd, rows);
    const node = { kind: "source", operator: "parallelize", site, feed: { kind: "literal", rows } } as const;
    return graph.addSource(node, { numPartitions: rdd.numPartitions, offsetRanges: [] });
  }, home);
}

function partitionsOf({ partitions }: LocalRDD): readonly Partition[] {
  return partitions;
}

/** Keys are the partitions that they belong in. */
function asPlaced(numPartitions: number): Partitioner<number> {
  return { numPartitions, getPartition: (partition) => partition };
}
