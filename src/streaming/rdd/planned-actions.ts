import type { Awaitable } from "../types.ts";
import { CommonOperators } from "./common-operators.ts";
import type { LocalRDD } from "./local-rdd.ts";
import type { PlannedRDD } from "./planned-rdd.ts";
import type { Compare } from "./rdd.ts";

/** The actions of an RDD that is only planned: each runs it, and does the rest with the rows that came back. */
export abstract class PlannedActions extends CommonOperators<PlannedRDD> {
  /** The rows, of each partition the first `limit`. Not async: where no action may run it throws at once, awaited or not. */
  protected abstract run(action: string, limit?: number): Promise<LocalRDD>;

  collect(): Promise<any[]> {
    return this.run("collect").then((rdd) => rdd.collect());
  }

  take(n: number): Promise<any[]> {
    return this.run("take", n).then((rdd) => rdd.take(n));
  }

  first(): Promise<any> {
    return this.run("first", 1).then((rdd) => rdd.first());
  }

  count(): Promise<number> {
    return this.run("count", 0).then((rdd) => rdd.count());
  }

  isEmpty(): Promise<boolean> {
    return this.run("isEmpty", 0).then((rdd) => rdd.isEmpty());
  }

  reduce(f: (a: any, b: any) => any): Promise<any> {
    return this.run("reduce").then((rdd) => rdd.reduce(f));
  }

  fold(zero: any, f: (a: any, b: any) => any): Promise<any> {
    return this.run("fold").then((rdd) => rdd.fold(zero, f));
  }

  aggregate(zero: any, addRow: (combined: any, row: any) => any, merge: (a: any, b: any) => any): Promise<any> {
    return this.run("aggregate").then((rdd) => rdd.aggregate(zero, addRow, merge));
  }

  max(compare?: Compare<any>): Promise<any> {
    return this.run("max").then((rdd) => rdd.max(compare));
  }

  min(compare?: Compare<any>): Promise<any> {
    return this.run("min").then((rdd) => rdd.min(compare));
  }

  sum(): Promise<number> {
    return this.run("sum").then((rdd) => rdd.sum());
  }

  top(n: number, compare?: Compare<any>): Promise<any[]> {
    return this.run("top").then((rdd) => rdd.top(n, compare));
  }

  takeOrdered(n: number, compare?: Compare<any>): Promise<any[]> {
    return this.run("takeOrdered").then((rdd) => rdd.takeOrdered(n, compare));
  }

  countByValue(): Promise<Map<any, number>> {
    return this.run("countByValue").then((rdd) => rdd.countByValue());
  }

  countByKey(): Promise<Map<any, number>> {
    return this.run("countByKey").then((rdd) => rdd.countByKey());
  }

  lookup(key: unknown): Promise<any[]> {
    return this.run("lookup").then((rdd) => rdd.lookup(key));
  }

  collectAsMap(): Promise<Map<any, any>> {
    return this.run("collectAsMap").then((rdd) => rdd.collectAsMap());
  }

  foreach(f: (row: any) => Awaitable<void>): Promise<void> {
    return this.run("foreach").then((rdd) => rdd.foreach(f));
  }

  foreachPartition(f: (rows: Iterable<any>) => Awaitable<void>): Promise<void> {
    return this.run("foreachPartition").then((rdd) => rdd.foreachPartition(f));
  }

  toLocalIterator(): AsyncIterableIterator<any> {
    return rowsOf(this.run("toLocalIterator"));
  }
}

async function* rowsOf(rdd: Promise<LocalRDD>): AsyncGenerator<any> {
  yield* (await rdd).toLocalIterator();
}
