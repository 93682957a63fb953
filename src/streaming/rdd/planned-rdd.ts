import { offsetSource } from "../../driver/offset-source.ts";
import { checkFunction, invalidOption } from "../../errors/check-options.ts";
import { callSite } from "../../errors/user-frame.ts";
import type { OffsetRange } from "../../kafka/types.ts";
import { cogrouping } from "../../plan/aggregator.ts";
import type { NodeParts } from "../../plan/batch-graph.ts";
import { type LiteralRows, literalRows } from "../../plan/literal-rows.ts";
import type { PlanNode } from "../../plan/nodes/node.ts";
import { checkNumPartitions, type Partitioner, partitioningOf } from "../../plan/partitioner.ts";
import type { Building } from "./building.ts";
import type { Combining, NarrowKind } from "./common-operators.ts";
import { LocalActions } from "./local-actions.ts";
import type { LocalRDD } from "./local-rdd.ts";
import { naturalOrder } from "./natural-order.ts";
import { notAsMany } from "./not-as-many.ts";
import type { PairRDD } from "./pair-rdd.ts";
import { PlannedActions } from "./planned-actions.ts";
import type { RDDHome } from "./rdd-home.ts";

/** What a node is made of besides its operator's word and place in the program. */
type Parts<N = PlanNode> = N extends unknown ? Omit<N, "id" | "operator" | "site" | "slideMs"> : never;

/** The rows of one partition of each side, in an array of one. */
type Sides = readonly [here: readonly any[], there: readonly any[]];

/** Rows of RDDs that are here, as every process has them. Made once, since an RDD never changes. */
const literals = new WeakMap<LocalActions, LiteralRows>();

/**
 * An RDD that is only planned: the nodes it will be when a graph is built with it, the same kinds that streams are made of. What
 * functions of transform get and make, and what createRDD gives. At run time it has the members of PairRDD, too.
 */
export class PlannedRDD extends PlannedActions implements Record<keyof PairRDD<unknown, unknown>, unknown> {
  readonly recipe: (building: Building) => PlanNode;
  readonly home: RDDHome;

  constructor(recipe: (building: Building) => PlanNode, home: RDDHome) {
    super();
    this.recipe = recipe;
    this.home = home;
  }

  get numPartitions(): number {
    return this.#ask(({ graph }, node) => graph.partitionsOf(node));
  }

  get offsetRanges(): readonly OffsetRange[] {
    return this.#ask(({ graph }, node) => {
      const source = offsetSource(node);
      return source === undefined ? [] : (graph.sources.get(source.id)?.offsetRanges ?? []);
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

  /** All rows are sorted in one task. */
  sortBy(f: (row: any) => any, ascending = true, numPartitions = Math.max(1, this.numPartitions)): PlannedRDD {
    checkFunction("sortBy", f);
    checkNumPartitions(numPartitions);
    const direction = ascending ? 1 : -1;
    const sorted = this.repartition(1).wholePartitions("sortBy", function* (rows) {
      const keyed = Array.from(rows, (row) => ({ row, key: f(row) }));
      keyed.sort((a, b) => direction * naturalOrder(a.key, b.key));
      for (const [i, { row }] of keyed.entries()) {
        yield [Math.floor(((i + 1) * numPartitions - 1) / keyed.length), row];
      }
    });
    return sorted.partitionBy(asPlaced(numPartitions)).values();
  }

  /** Positions are given in one task that gets all rows. */
  zipWithIndex(): PlannedRDD {
    const count = Math.max(1, this.numPartitions);
    const numbered = this.#byPartition("zipWithIndex")
      .repartition(1)
      .wholePartitions("zipWithIndex", function* (partitions) {
        let at = 0;
        for (const [index, rows] of partitions) yield [index, rows.map((row: unknown) => [row, at++])];
      });
    return numbered.partitionBy(asPlaced(count)).narrow("zipWithIndex", "flatMap", ([, rows]) => rows);
  }

  zip(other: unknown): PlannedRDD {
    const right = this.adopt(other);
    const [here, there] = [this.numPartitions, right.numPartitions];
    if (here !== there) throw notAsMany("partitions", here, there);
    const both = this.#byPartition("zip").cogrouped("zip", right.#byPartition("zip"), asPlaced(Math.max(1, here)));
    return both.narrow("zip", "flatMap", ([index, [[left = []], [others = []]]]: [number, Sides]) => {
      if (left.length !== others.length) throw notAsMany(`rows in partition ${index}`, left.length, others.length);
      return left.map((row: unknown, i: number) => [row, others[i]]);
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
    const met = left.cogrouped("cartesian", across, asPlaced(Math.max(1, rows * columns)));
    return met.narrow("cartesian", "flatMap", function* ([, [[here = []], [there = []]]]: [number, Sides]) {
      for (const a of here) for (const b of there) yield [a, b];
    });
  }

  /** @throws INVALID_OPTION for what is no RDD. */
  adopt(other: unknown): PlannedRDD {
    if (other instanceof PlannedRDD) return other;
    if (other instanceof LocalActions) return literalRDD(other, callSite(), this.home);
    throw invalidOption("the argument of an RDD's operator", typeof other, "another RDD");
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

  protected cogrouped(operator: string, other: unknown, partitioner: Partitioner<any> | undefined): PlannedRDD {
    const sides = [this, this.adopt(other)];
    const partitioning = partitioningOf(partitioner);
    const make = (b: Building): Parts => {
      const inputs = sides.map((side, i) => ({ parent: b.nodeOf(side), aggregator: cogrouping(i, sides.length) }));
      return { kind: "keyed", inputs, partitioning, mapSideCombine: false, update: undefined };
    };
    return this.#derive(operator, make, sides);
  }

  /** The same in the driver and in every worker, where the RDD is one of a batch. */
  protected anySeed(): number {
    return this.home.time ?? Math.floor(Math.random() * 2 ** 32);
  }

  protected run(action: string, limit?: number): Promise<LocalRDD> {
    return this.home.run(action, (building) => building.nodeOf(this), limit);
  }

  /** The number of each partition and its rows. */
  #byPartition(operator: string): PlannedRDD {
    return this.wholePartitions(operator, (rows, index) => [[index, [...rows]]]);
  }

  #derive(operator: string, make: (building: Building) => Parts, from: readonly PlannedRDD[] = [this]): PlannedRDD {
    const site = callSite();
    const home = from.find((rdd) => rdd.home.time !== undefined)?.home ?? this.home;
    return new PlannedRDD((b) => b.add({ ...make(b), operator, site } as NodeParts), home);
  }

  #ask<T>(question: (building: Building, node: PlanNode) => T): T {
    const building = this.home.scratch();
    return question(building, building.nodeOf(this));
  }
}

/** Rows that are in this process, and in every other one that runs the program. */
function literalRDD(rdd: LocalActions, site: string | undefined, home: RDDHome): PlannedRDD {
  return new PlannedRDD(({ graph }) => {
    const rows = literals.get(rdd) ?? literalRows(rdd.partitions.map((partition) => partition.rows));
    literals.set(rdd, rows);
    const node = { kind: "source", operator: "parallelize", site, feed: { kind: "literal", rows } } as const;
    return graph.addSource(node, { numPartitions: rdd.numPartitions, offsetRanges: [] });
  }, home);
}

/** Keys are the partitions that they belong in. */
function asPlaced(numPartitions: number): Partitioner<number> {
  return { numPartitions, getPartition: (partition) => partition };
}
