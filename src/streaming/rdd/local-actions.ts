import { checkFunction, invalidOption } from "../../errors/check-options.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import type { OffsetRange } from "../../kafka/types.ts";
import { KeyMap } from "../../keys/key-map.ts";
import type { Awaitable } from "../types.ts";
import { CommonOperators } from "./common-operators.ts";
import type { LocalRDD } from "./local-rdd.ts";
import { naturalOrder } from "./natural-order.ts";
import type { Partition } from "./partition.ts";
import type { Compare } from "./rdd.ts";

/** The actions of an RDD whose rows are here. Types are those of the interfaces RDD and PairRDD. */
export abstract class LocalActions extends CommonOperators<LocalRDD> {
  readonly offsetRanges: readonly OffsetRange[];
  readonly partitions: readonly Partition[];

  constructor(partitions: readonly Partition[], offsetRanges: readonly OffsetRange[] = []) {
    super();
    this.partitions = partitions;
    this.offsetRanges = offsetRanges;
  }

  get numPartitions(): number {
    return this.partitions.length;
  }

  async collect(): Promise<any[]> {
    return [...this.rows()];
  }

  async take(n: number): Promise<any[]> {
    checkCount("take", n);
    const taken: unknown[] = [];
    if (n === 0) return taken;
    for (const row of this.rows()) if (taken.push(row) === n) break;
    return taken;
  }

  async first(): Promise<any> {
    for (const row of this.rows()) return row;
    throw isEmptyRDD("first");
  }

  async count(): Promise<number> {
    return this.partitions.reduce((sum, partition) => sum + countOf(partition), 0);
  }

  async isEmpty(): Promise<boolean> {
    return this.partitions.every(({ rows, count }) => (count ?? (isEmpty(rows) ? 0 : 1)) === 0);
  }

  async reduce(f: (a: any, b: any) => any): Promise<any> {
    return this.#reduce("reduce", checkFunction("reduce", f));
  }

  async fold(zero: any, f: (a: any, b: any) => any): Promise<any> {
    return this.aggregate(zero, f, f);
  }

  async aggregate(zero: any, addRow: (combined: any, row: any) => any, merge: (a: any, b: any) => any): Promise<any> {
    for (const f of [addRow, merge]) checkFunction("aggregate", f);
    let combined = structuredClone(zero);
    for (const { rows } of this.partitions) {
      let part = structuredClone(zero);
      for (const row of rows) part = addRow(part, row);
      combined = merge(combined, part);
    }
    return combined;
  }

  async max(compare: Compare<any> = naturalOrder): Promise<any> {
    return this.#reduce("max", (a, b) => (compare(a, b) >= 0 ? a : b));
  }

  async min(compare: Compare<any> = naturalOrder): Promise<any> {
    return this.#reduce("min", (a, b) => (compare(a, b) <= 0 ? a : b));
  }

  async sum(): Promise<number> {
    let sum = 0;
    for (const row of this.rows()) sum += row;
    return sum;
  }

  async top(n: number, compare: Compare<any> = naturalOrder): Promise<any[]> {
    return this.takeOrdered(n, (a, b) => compare(b, a));
  }

  async takeOrdered(n: number, compare: Compare<any> = naturalOrder): Promise<any[]> {
    checkCount("the number of rows", n);
    return [...this.rows()].sort(compare).slice(0, n);
  }

  async countByValue(): Promise<Map<any, number>> {
    return countEach(this.rows());
  }

  async countByKey(): Promise<Map<any, number>> {
    return countEach(Array.from(this.rows(), (pair) => pair[0]));
  }

  async lookup(key: unknown): Promise<any[]> {
    const wanted = new KeyMap();
    wanted.set({ key });
    const values: unknown[] = [];
    for (const [other, value] of this.rows()) if (wanted.get(other) !== undefined) values.push(value);
    return values;
  }

  async collectAsMap(): Promise<Map<any, any>> {
    const last = new KeyMap<{ readonly key: unknown; readonly value: unknown }>();
    for (const [key, value] of this.rows()) last.set({ key: last.get(key)?.key ?? key, value });
    return new Map(Array.from(last.entries(), ({ key, value }) => [key, value]));
  }

  async foreach(f: (row: any) => Awaitable<void>): Promise<void> {
    checkFunction("foreach", f);
    for (const row of this.rows()) await f(row);
  }

  async foreachPartition(f: (rows: Iterable<any>) => Awaitable<void>): Promise<void> {
    checkFunction("foreachPartition", f);
    for (const { rows } of this.partitions) await f(rows);
  }

  async *toLocalIterator(): AsyncGenerator<any> {
    yield* this.rows();
  }

  protected *rows(): Generator<any> {
    for (const { rows } of this.partitions) yield* rows;
  }

  #reduce(action: string, f: (a: any, b: any) => any): any {
    const rows = this.rows();
    const first = rows.next();
    if (first.done) throw isEmptyRDD(action);
    let folded = first.value;
    for (const row of rows) folded = f(folded, row);
    return folded;
  }
}

/** How many rows a partition has, counted where it is not known. */
export function countOf({ rows, count }: Partition): number {
  if (count !== undefined) return count;
  let counted = 0;
  for (const _ of rows) counted++;
  return counted;
}

function isEmpty(rows: Iterable<unknown>): boolean {
  for (const _ of rows) return false;
  return true;
}

function countEach(rows: Iterable<unknown>): Map<unknown, number> {
  const counts = new KeyMap<{ readonly key: unknown; count: number }>();
  for (const key of rows) {
    const entry = counts.get(key);
    if (entry === undefined) counts.set({ key, count: 1 });
    else entry.count++;
  }
  return new Map(Array.from(counts.entries(), ({ key, count }) => [key, count]));
}

function checkCount(what: string, n: number): void {
  if (!Number.isInteger(n) || n < 0) throw invalidOption(what, n, "an integer of at least 0");
}

function isEmptyRDD(action: string): DStreamError {
  return new DStreamError("ILLEGAL_STATE", `${action}() of an empty RDD`);
}
