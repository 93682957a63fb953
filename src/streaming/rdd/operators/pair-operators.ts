import { checkFunction, checkOptionNames } from "../../../errors/checks/check-options.ts";
import { type Aggregator, grouping, reducing } from "../../../plan/aggregator.ts";
import type { Partitioner } from "../../../plan/partitioner.ts";
import type { CombineOptions } from "../../keyed/combine-options.ts";
import { joins } from "../../keyed/joins.ts";
import { distinctRegisters, estimateDistinct, registerBits } from "../actions/distinct-estimate.ts";
import { naturalOrder } from "../actions/natural-order.ts";
import { CommonOperators, combined, type Groups } from "./common-operators.ts";
import { copiesOf } from "./copies-of.ts";

/** The operators of RDDs of pairs. Types are those of the interface PairRDD. */
export abstract class PairOperators<R extends PairOperators<R>> extends CommonOperators<R> {
  mapValues(f: (value: any) => any): R {
    return this.narrow("mapValues", "mapValues", f);
  }

  flatMapValues(f: (value: any) => Iterable<any>): R {
    return this.narrow("flatMapValues", "flatMapValues", f);
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
    const zeros = copiesOf(zero);
    const create = (value: unknown): unknown => addValue(zeros(), value);
    const aggregator: Aggregator<any, any> = { create, mergeValue: addValue, mergeCombiners: merge };
    return this.combine("aggregateByKey", combined(aggregator, partitioner));
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
    const aggregator: Aggregator<any, any> = { create, mergeValue, mergeCombiners };
    return this.combine("combineByKey", { aggregator, partitioner, mapSideCombine });
  }

  countApproxDistinctByKey(relativeSD = 0.05, partitioner?: Partitioner<any>): R {
    const aggregator = distinctRegisters(registerBits(relativeSD));
    return this.combine("countApproxDistinctByKey", combined(aggregator, partitioner)).mapValues(estimateDistinct);
  }

  cogroup(other: unknown, partitioner?: Partitioner<any>): R {
    return this.cogrouped("cogroup", [other], partitioner);
  }

  groupWith(...others: readonly unknown[]): R {
    return this.cogrouped("groupWith", others, undefined);
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
    return this.cogrouped("subtractByKey", [other], partitioner).narrow("subtractByKey", "flatMapValues", f);
  }

  sortByKey(ascending?: boolean, numPartitions?: number): R {
    return this.sortBy((pair) => pair[0], ascending, numPartitions);
  }

  filterByRange(lower: any, upper: any): R {
    const isWithin = ([key]: [unknown]): boolean => naturalOrder(key, lower) >= 0 && naturalOrder(key, upper) <= 0;
    return this.narrow("filterByRange", "filter", isWithin);
  }

  repartitionAndSortWithinPartitions(partitioner: Partitioner<any>, ascending = true): R {
    const direction = ascending ? 1 : -1;
    return this.partitionBy(partitioner).wholePartitions("repartitionAndSortWithinPartitions", (rows) =>
      [...rows].sort(([a], [b]) => direction * naturalOrder(a, b)),
    );
  }

  abstract partitionBy(partitioner: Partitioner<any>): R;

  #join(operator: keyof typeof joins, other: unknown, partitioner: Partitioner<any> | undefined): R {
    return this.cogrouped(operator, [other], partitioner).narrow(operator, "flatMapValues", joins[operator]);
  }
}
