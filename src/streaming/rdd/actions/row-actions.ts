import { checkInteger } from "../../../errors/checks/check-number.ts";
import { checkFunction } from "../../../errors/checks/check-options.ts";
import { DStreamError } from "../../../errors/dstream-error.ts";
import { givingAtOnce } from "../../../errors/user-code/at-once.ts";
import type { Awaitable } from "../../types.ts";
import type { RDDMachine } from "../homes/rdd-home.ts";
import { copiesOf } from "../operators/copies-of.ts";
import { checkSeed, draw, seeded } from "../operators/sampling.ts";
import { SamplingOperators } from "../operators/sampling-operators.ts";
import { countOf, isEmptyPartition, type Partition, rowsOf } from "../partition.ts";
import type { Compare } from "../rdd.ts";
import { naturalOrder } from "./natural-order.ts";
import { type SaveTextOptions, saveText } from "./save-text.ts";

/** The actions of RDDs. Each runs the RDD, and does the rest here, with the partitions that came. */
export abstract class RowActions<R extends RowActions<R>> extends SamplingOperators<R> {
  collect(): Promise<any[]> {
    return this.withRows("collect", (rows) => [...rows]);
  }

  take(n: number): Promise<any[]> {
    return this.run("take", n).then((partitions) => firstRows(rowsOf(partitions), checkCount("take", n)));
  }

  first(): Promise<any> {
    return this.run("first", 1).then((partitions) => {
      for (const row of rowsOf(partitions)) return row;
      throw isEmptyRDD("first");
    });
  }

  count(): Promise<number> {
    return this.run("count", 0).then((partitions) =>
      partitions.reduce((sum, partition) => sum + countOf(partition), 0),
    );
  }

  isEmpty(): Promise<boolean> {
    return this.run("isEmpty", 0).then((partitions) => partitions.every(isEmptyPartition));
  }

  reduce(f: (a: any, b: any) => any): Promise<any> {
    const folding = givingAtOnce("reduce", f);
    return this.withRows("reduce", (rows) => reduced("reduce", rows, checkFunction("reduce", folding)));
  }

  treeReduce(f: (a: any, b: any) => any, depth = 2): Promise<any> {
    const folding = givingAtOnce("treeReduce", f);
    return this.withRows("treeReduce", (rows) => {
      checkDepth("treeReduce", depth);
      return reduced("treeReduce", rows, checkFunction("treeReduce", folding));
    });
  }

  fold(zero: any, f: (a: any, b: any) => any): Promise<any> {
    const folding = givingAtOnce("fold", f);
    return this.run("fold").then((partitions) => aggregated("fold", partitions, zero, folding, folding));
  }

  aggregate(zero: any, addRow: (combined: any, row: any) => any, merge: (a: any, b: any) => any): Promise<any> {
    const [add, join] = [addRow, merge].map((f) => givingAtOnce("aggregate", f)) as [typeof addRow, typeof merge];
    return this.run("aggregate").then((partitions) => aggregated("aggregate", partitions, zero, add, join));
  }

  treeAggregate(
    zero: any,
    addRow: (combined: any, row: any) => any,
    merge: (a: any, b: any) => any,
    depth = 2,
  ): Promise<any> {
    const [add, join] = [addRow, merge].map((f) => givingAtOnce("treeAggregate", f)) as [typeof addRow, typeof merge];
    return this.run("treeAggregate").then((partitions) => {
      checkDepth("treeAggregate", depth);
      return aggregated("treeAggregate", partitions, zero, add, join);
    });
  }

  max(compare: Compare<any> = naturalOrder): Promise<any> {
    const order = givingAtOnce("max", compare);
    return this.withRows("max", (rows) => reduced("max", rows, (a, b) => (order(a, b) >= 0 ? a : b)));
  }

  min(compare: Compare<any> = naturalOrder): Promise<any> {
    const order = givingAtOnce("min", compare);
    return this.withRows("min", (rows) => reduced("min", rows, (a, b) => (order(a, b) <= 0 ? a : b)));
  }

  top(n: number, compare: Compare<any> = naturalOrder): Promise<any[]> {
    const order = givingAtOnce("top", compare);
    return this.withRows("top", (rows) => leastRows("top", rows, n, (a, b) => order(b, a)));
  }

  takeOrdered(n: number, compare: Compare<any> = naturalOrder): Promise<any[]> {
    const order = givingAtOnce("takeOrdered", compare);
    return this.withRows("takeOrdered", (rows) => leastRows("takeOrdered", rows, n, order));
  }

  takeSample(withReplacement: boolean, n: number, seed = this.anySeed()): Promise<any[]> {
    return this.withRows("takeSample", (rows) =>
      draw([...rows], withReplacement, checkCount("takeSample", n), seeded(checkSeed("takeSample", seed))),
    );
  }

  foreach(f: (row: any) => Awaitable<void>): Promise<void> {
    return this.withRows("foreach", async (rows) => {
      checkFunction("foreach", f);
      for (const row of rows) await f(row);
    });
  }

  foreachPartition(f: (rows: Iterable<any>) => Awaitable<void>): Promise<void> {
    return this.run("foreachPartition").then(async (partitions) => {
      checkFunction("foreachPartition", f);
      for (const { rows } of partitions) await f(rows);
    });
  }

  toLocalIterator(): AsyncIterableIterator<any> {
    return rowByRow(this.run("toLocalIterator"));
  }

  saveAsTextFile(path: string, options: SaveTextOptions = {}): Promise<void> {
    return this.run("saveAsTextFile").then((partitions) => saveText(partitions, path, options, this.machine));
  }

  protected abstract readonly machine: RDDMachine;

  /**
   * The partitions, of each at least the first `limit` rows and how many it has. Not async: where no action may run it throws at
   * once, awaited or not.
   *
   * @throws ILLEGAL_STATE in a task or a function of transform.
   */
  protected abstract run(action: string, limit?: number): Promise<readonly Partition[]>;

  /** What a function makes of all rows. */
  protected withRows<U>(action: string, f: (rows: Iterable<any>) => Awaitable<U>): Promise<U> {
    return this.run(action).then((partitions) => f(rowsOf(partitions)));
  }
}

function firstRows(rows: Iterable<unknown>, n: number): unknown[] {
  const taken: unknown[] = [];
  if (n === 0) return taken;
  for (const row of rows) if (taken.push(row) === n) break;
  return taken;
}

function leastRows(action: string, rows: Iterable<unknown>, n: number, compare: Compare<any>): unknown[] {
  checkCount(action, n);
  return [...rows].sort(compare).slice(0, n);
}

function reduced(action: string, rows: Iterable<unknown>, f: (a: any, b: any) => any): any {
  const iterator = rows[Symbol.iterator]();
  const first = iterator.next();
  if (first.done) throw isEmptyRDD(action);
  let folded = first.value;
  for (let next = iterator.next(); !next.done; next = iterator.next()) folded = f(folded, next.value);
  return folded;
}

function aggregated(
  action: string,
  partitions: readonly Partition[],
  zero: any,
  addRow: (combined: any, row: any) => any,
  merge: (a: any, b: any) => any,
): any {
  for (const f of [addRow, merge]) checkFunction(action, f);
  const zeros = copiesOf(zero);
  let combined = zeros();
  for (const { rows } of partitions) {
    let part = zeros();
    for (const row of rows) part = addRow(part, row);
    combined = merge(combined, part);
  }
  return combined;
}

async function* rowByRow(partitions: Promise<readonly Partition[]>): AsyncGenerator<any> {
  yield* rowsOf(await partitions);
}

function checkCount(action: string, n: number): number {
  checkInteger(`${action}'s number of rows`, n, 0);
  return n;
}

function checkDepth(action: string, depth: number): void {
  checkInteger(`${action}'s depth`, depth, 1);
}

function isEmptyRDD(action: string): DStreamError {
  return new DStreamError("ILLEGAL_STATE", `${action}() of an empty RDD`);
}
