import { checkFunction, checkOptionNames } from "../../errors/check-options.ts";
import type { OffsetRange } from "../../kafka/types.ts";
import { type Aggregator, cogrouping, grouping, reducing } from "../../plan/aggregator.ts";
import { type KeyPartitioning, type Partitioner, partitioningOf } from "../../plan/partitioner.ts";
import { joins } from "../joins.ts";
import type { CombineOptions } from "../pair-dstream.ts";
import { LocalOperators } from "./local-operators.ts";
import type { PairRDD } from "./pair-rdd.ts";
import type { Partition } from "./partition.ts";
import { combineByKey, scatter } from "./shuffle.ts";

/**
 * An RDD whose rows are in this process. At run time it has the members of PairRDD, too; the types that programs see decide who
 * may call them.
 */
export class LocalRDD extends LocalOperators implements Record<keyof PairRDD<unknown, unknown>, unknown> {
  keys(): LocalRDD {
    return this.map((pair) => pair[0]);
  }

  values(): LocalRDD {
    return this.map((pair) => pair[1]);
  }

  mapValues(f: (value: any) => any): LocalRDD {
    checkFunction("mapValues", f);
    return this.map((pair) => [pair[0], f(pair[1])]);
  }

  flatMapValues(f: (value: any) => Iterable<any>): LocalRDD {
    checkFunction("flatMapValues", f);
    return this.narrow(function* (pairs) {
      for (const [key, value] of pairs) for (const out of f(value)) yield [key, out];
    });
  }

  partitionBy(partitioner: Partitioner<any>): LocalRDD {
    return this.derive(scatter(this.partitions, partitioningOf(partitioner)));
  }

  groupByKey(partitioner?: Partitioner<any>): LocalRDD {
    return this.#combine(grouping, partitioner);
  }

  reduceByKey(f: (a: any, b: any) => any, partitioner?: Partitioner<any>): LocalRDD {
    return this.#combine(reducing(checkFunction("reduceByKey", f)), partitioner);
  }

  foldByKey(zero: any, f: (a: any, b: any) => any, partitioner?: Partitioner<any>): LocalRDD {
    return this.aggregateByKey(zero, f, f, partitioner);
  }

  aggregateByKey(
    zero: any,
    addValue: (combined: any, value: any) => any,
    merge: (a: any, b: any) => any,
    partitioner?: Partitioner<any>,
  ): LocalRDD {
    for (const f of [addValue, merge]) checkFunction("aggregateByKey", f);
    const create = (value: unknown): unknown => addValue(structuredClone(zero), value);
    return this.#combine({ create, mergeValue: addValue, mergeCombiners: merge }, partitioner);
  }

  combineByKey(
    create: (value: any) => any,
    mergeValue: (combined: any, value: any) => any,
    mergeCombiners: (a: any, b: any) => any,
    options: CombineOptions<any> = {},
  ): LocalRDD {
    checkOptionNames("combineByKey", options, ["partitioner", "mapSideCombine"]);
    for (const f of [create, mergeValue, mergeCombiners]) checkFunction("combineByKey", f);
    return this.#combine({ create, mergeValue, mergeCombiners }, options.partitioner);
  }

  cogroup(other: unknown, partitioner?: Partitioner<any>): LocalRDD {
    return this.#cogroup("cogroup", other, partitioner);
  }

  join(other: unknown, partitioner?: Partitioner<any>): LocalRDD {
    return this.#join("join", other, partitioner);
  }

  leftOuterJoin(other: unknown, partitioner?: Partitioner<any>): LocalRDD {
    return this.#join("leftOuterJoin", other, partitioner);
  }

  rightOuterJoin(other: unknown, partitioner?: Partitioner<any>): LocalRDD {
    return this.#join("rightOuterJoin", other, partitioner);
  }

  fullOuterJoin(other: unknown, partitioner?: Partitioner<any>): LocalRDD {
    return this.#join("fullOuterJoin", other, partitioner);
  }

  subtractByKey(other: unknown, partitioner?: Partitioner<any>): LocalRDD {
    return this.#cogroup("subtractByKey", other, partitioner).flatMapValues(([here, there]) =>
      there.length === 0 ? here : [],
    );
  }

  sortByKey(ascending?: boolean, numPartitions?: number): LocalRDD {
    return this.sortBy((pair) => pair[0], ascending, numPartitions);
  }

  protected derive(partitions: readonly Partition[], offsetRanges?: readonly OffsetRange[]): LocalRDD {
    return new LocalRDD(partitions, offsetRanges);
  }

  #combine(aggregator: Aggregator<any, any>, partitioner: Partitioner<any> | undefined): LocalRDD {
    const inputs = [{ partitions: this.partitions, aggregator }];
    return this.derive(combineByKey(inputs, partitioningBehind(partitioner, [this])));
  }

  #cogroup(operator: string, other: unknown, partitioner: Partitioner<any> | undefined): LocalRDD {
    const sides = [this, this.local(operator, other)];
    const inputs = sides.map(({ partitions }, side) => ({ partitions, aggregator: cogrouping(side, sides.length) }));
    return this.derive(combineByKey(inputs, partitioningBehind(partitioner, sides)));
  }

  #join(operator: keyof typeof joins, other: unknown, partitioner: Partitioner<any> | undefined): LocalRDD {
    return this.#cogroup(operator, other, partitioner).flatMapValues(joins[operator]);
  }
}

/** The one asked for, or hashing into as many partitions as the widest parent has. */
function partitioningBehind(partitioner: Partitioner<any> | undefined, parents: readonly LocalRDD[]): KeyPartitioning {
  return partitioningOf(partitioner ?? Math.max(1, ...parents.map((parent) => parent.numPartitions)));
}
