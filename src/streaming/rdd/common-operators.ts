import { checkFunction, checkOptionNames, invalidOption } from "../../errors/check-options.ts";
import { type Aggregator, grouping, reducing } from "../../plan/aggregator.ts";
import type { Partitioner } from "../../plan/partitioner.ts";
import { joins } from "../joins.ts";
import type { CombineOptions } from "../pair-dstream.ts";
import { sampler } from "./sampling.ts";

/** The operators that see one row at a time. */
export type NarrowKind = "map" | "flatMap" | "filter" | "mapValues" | "flatMapValues";

/** How values are combined by key. */
export interface Combining {
  readonly aggregator: Aggregator<any, any>;
  readonly partitioner: Partitioner<any> | undefined;
  readonly mapSideCombine: boolean;
}

/**
 * What is the same for every kind of RDD: its operators in terms of a few that each kind has its own way to do. Types are those of
 * the interfaces RDD and PairRDD.
 */
export abstract class CommonOperators<R extends CommonOperators<R>> {
  map(f: (row: any) => any): R {
    return this.narrow("map", "map", f);
  }

  flatMap(f: (row: any) => Iterable<any>): R {
    return this.narrow("flatMap", "flatMap", f);
  }

  filter(f: (row: any) => boolean): R {
    return this.narrow("filter", "filter", f);
  }

  mapValues(f: (value: any) => any): R {
    return this.narrow("mapValues", "mapValues", f);
  }

  flatMapValues(f: (value: any) => Iterable<any>): R {
    return this.narrow("flatMapValues", "flatMapValues", f);
  }

  mapPartitions(f: (rows: Iterable<any>) => Iterable<any>): R {
    checkFunction("mapPartitions", f);
    return this.wholePartitions("mapPartitions", (rows) => f(rows));
  }

  mapPartitionsWithIndex(f: (index: number, rows: Iterable<any>) => Iterable<any>): R {
    checkFunction("mapPartitionsWithIndex", f);
    return this.wholePartitions("mapPartitionsWithIndex", (rows, index) => f(index, rows));
  }

  glom(): R {
    return this.wholePartitions("glom", (rows) => [[...rows]]);
  }

  keyBy(f: (row: any) => any): R {
    checkFunction("keyBy", f);
    return this.narrow("keyBy", "map", (row) => [f(row), row]);
  }

  groupBy(f: (row: any) => any, partitioner?: Partitioner<any>): R {
    return this.keyBy(f).groupByKey(partitioner);
  }

  distinct(numPartitions?: number): R {
    const keyed = this.narrow("distinct", "map", (row) => [row, null]);
    return keyed
      .combine(
        "distinct",
        combined(
          reducing(() => null),
          numPartitions,
        ),
      )
      .keys();
  }

  intersection(other: unknown, partitioner?: Partitioner<any>): R {
    return this.#cogroupRows("intersection", other, partitioner, (here, there) =>
      there.length === 0 ? [] : here.slice(0, 1),
    );
  }

  subtract(other: unknown, partitioner?: Partitioner<any>): R {
    return this.#cogroupRows("subtract", other, partitioner, (here, there) => (there.length === 0 ? here : []));
  }

  sample(withReplacement: boolean, fraction: number, seed = this.anySeed()): R {
    if (!(fraction >= 0) || (!withReplacement && fraction > 1)) {
      throw invalidOption("sample's fraction", fraction, withReplacement ? "at least 0" : "from 0 to 1");
    }
    return this.wholePartitions("sample", function* (rows, index) {
      const times = sampler(withReplacement, fraction, seed + index);
      for (const row of rows) for (let n = times(); n > 0; n--) yield row;
    });
  }

  keys(): R {
    return this.narrow("keys", "map", (pair) => pair[0]);
  }

  values(): R {
    return this.narrow("values", "map", (pair) => pair[1]);
  }

  groupByKey(partitioner?: Partitioner<any>): R {
    return this.combine("groupByKey", { aggregator: grouping, partitioner, mapSideCombine: false });
  }

  reduceByKey(f: (a: any, b: any) => any, partitioner?: Partitioner<any>): R {
    return this.combine("reduceByKey", combined(reducing(checkFunction("reduceByKey", f)), partitioner));
  }

  foldByKey(zero: any, f: (a: any, b: any) => any, partitioner?: Partitioner<any>): R {
    return this.aggregateByKey(zero, f, f, partitioner);
  }

  aggregateByKey(
    zero: any,
    addValue: (combined: any, value: any) => any,
    merge: (a: any, b: any) => any,
    partitioner?: Partitioner<any>,
  ): R {
    for (const f of [addValue, merge]) checkFunction("aggregateByKey", f);
    const create = (value: unknown): unknown => addValue(structuredClone(zero), value);
    return this.combine(
      "aggregateByKey",
      combined({ create, mergeValue: addValue, mergeCombiners: merge }, partitioner),
    );
  }

  combineByKey(
    create: (value: any) => any,
    mergeValue: (combined: any, value: any) => any,
    mergeCombiners: (a: any, b: any) => any,
    options: CombineOptions<any> = {},
  ): R {
    checkOptionNames("combineByKey", options, ["partitioner", "mapSideCombine"]);
    for (const f of [create, mergeValue, mergeCombiners]) checkFunction("combineByKey", f);
    const { partitioner, mapSideCombine = true } = options;
    return this.combine("combineByKey", {
      aggregator: { create, mergeValue, mergeCombiners },
      partitioner,
      mapSideCombine,
    });
  }

  cogroup(other: unknown, partitioner?: Partitioner<any>): R {
    return this.cogrouped("cogroup", other, partitioner);
  }

  join(other: unknown, partitioner?: Partitioner<any>): R {
    return this.#join("join", other, partitioner);
  }

  leftOuterJoin(other: unknown, partitioner?: Partitioner<any>): R {
    return this.#join("leftOuterJoin", other, partitioner);
  }

  rightOuterJoin(other: unknown, partitioner?: Partitioner<any>): R {
    return this.#join("rightOuterJoin", other, partitioner);
  }

  fullOuterJoin(other: unknown, partitioner?: Partitioner<any>): R {
    return this.#join("fullOuterJoin", other, partitioner);
  }

  subtractByKey(other: unknown, partitioner?: Partitioner<any>): R {
    const f = ([here, there]: Groups): unknown[] => (there.length === 0 ? here : []);
    return this.cogrouped("subtractByKey", other, partitioner).narrow("subtractByKey", "flatMapValues", f);
  }

  sortByKey(ascending?: boolean, numPartitions?: number): R {
    return this.sortBy((pair) => pair[0], ascending, numPartitions);
  }

  abstract sortBy(f: (row: any) => any, ascending?: boolean, numPartitions?: number): R;

  /** @throws INVALID_OPTION when `f` is no function. */
  protected abstract narrow(operator: string, kind: NarrowKind, f: (row: any) => any): R;
  /** One call for each partition. */
  protected abstract wholePartitions(operator: string, f: (rows: Iterable<any>, index: number) => Iterable<unknown>): R;
  protected abstract combine(operator: string, combining: Combining): R;
  /** For each key of either, its values here and its values there. */
  protected abstract cogrouped(operator: string, other: unknown, partitioner: Partitioner<any> | undefined): R;
  /** An RDD of this kind with the rows of one whose rows are here. */
  abstract adopt(local: unknown): R;
  /** For samples of which the program does not say that they be repeatable. */
  protected abstract anySeed(): number;

  #join(operator: keyof typeof joins, other: unknown, partitioner: Partitioner<any> | undefined): R {
    return this.cogrouped(operator, other, partitioner).narrow(operator, "flatMapValues", joins[operator]);
  }

  #cogroupRows(
    operator: string,
    other: unknown,
    partitioner: Partitioner<any> | undefined,
    keep: (here: unknown[], there: unknown[]) => unknown[],
  ): R {
    const self = (row: unknown): unknown => [row, row];
    const there = other instanceof CommonOperators ? other.narrow(operator, "map", self) : other;
    return this.narrow(operator, "map", self)
      .cogrouped(operator, there, partitioner)
      .narrow(operator, "flatMap", ([, [here, others]]: [unknown, Groups]) => keep(here, others));
  }
}

type Groups = [here: unknown[], there: unknown[]];

function combined(aggregator: Aggregator<any, any>, partitioner: Partitioner<any> | undefined): Combining {
  return { aggregator, partitioner, mapSideCombine: true };
}
