import { checkFunction } from "../../../errors/checks/check-options.ts";
import { markCopy } from "../../../errors/package-copy.ts";
import { givingAtOnce, rowsAtOnce } from "../../../errors/user-code/at-once.ts";
import { callSite } from "../../../errors/user-code/user-frame.ts";
import { type Aggregator, grouping, reducing } from "../../../plan/aggregator.ts";
import type { Partitioner } from "../../../plan/partitioner.ts";
import { pairedRows } from "./paired-rows.ts";
import { Persistable } from "./persistable.ts";
import { type PipeOptions, piped } from "./piped.ts";

/** The operators that see one row at a time. */
export type NarrowKind = "map" | "flatMap" | "filter" | "mapValues" | "flatMapValues";

/** How values are combined by key. */
export interface Combining {
  readonly aggregator: Aggregator<any, any>;
  readonly partitioner: Partitioner<any> | undefined;
  readonly mapSideCombine: boolean;
}

/** A key's values in each of several RDDs. */
export type Groups = [here: unknown[], there: unknown[]];

/**
 * What is the same for every kind of RDD: its operators in terms of a few that each kind has its own way to do. Types are those of
 * the interface RDD.
 */
export abstract class CommonOperators<R extends CommonOperators<R>> extends Persistable {
  map(f: (row: any) => any): R {
    return this.narrow("map", "map", f);
  }

  flatMap(f: (row: any) => Iterable<any>): R {
    return this.narrow("flatMap", "flatMap", f);
  }

  filter(f: (row: any) => boolean): R {
    return this.narrow("filter", "filter", f);
  }

  mapPartitions(f: (rows: Iterable<any>) => Iterable<any>): R {
    checkFunction("mapPartitions", f);
    const place = { operator: "mapPartitions", site: callSite() };
    return this.wholePartitions("mapPartitions", (rows) => rowsAtOnce(f(rows), place));
  }

  mapPartitionsWithIndex(f: (index: number, rows: Iterable<any>) => Iterable<any>): R {
    checkFunction("mapPartitionsWithIndex", f);
    const place = { operator: "mapPartitionsWithIndex", site: callSite() };
    return this.wholePartitions("mapPartitionsWithIndex", (rows, index) => rowsAtOnce(f(index, rows), place));
  }

  glom(): R {
    return this.wholePartitions("glom", (rows) => [[...rows]]);
  }

  pipe(command: string | readonly string[], options: PipeOptions<any> = {}): R {
    return this.wholePartitions("pipe", piped(command, options));
  }

  zip(other: unknown): R {
    return this.zipped("zip", other, pairedRows);
  }

  zipPartitions(other: unknown, f: (here: Iterable<any>, there: Iterable<any>) => Iterable<any>): R {
    checkFunction("zipPartitions", f);
    return this.zipped("zipPartitions", other, (here, there) => f(here, there));
  }

  zipWithUniqueId(): R {
    const step = this.numPartitions;
    return this.wholePartitions("zipWithUniqueId", function* (rows, index) {
      let id = index;
      for (const row of rows) {
        yield [row, id];
        id += step;
      }
    });
  }

  keyBy(f: (row: any) => any): R {
    checkFunction("keyBy", f);
    const keyOf = givingAtOnce("keyBy", f);
    return this.narrow("keyBy", "map", (row) => [keyOf(row), row]);
  }

  groupBy(f: (row: any) => any, partitioner?: Partitioner<any>): R {
    return this.keyBy(f).combine("groupBy", { aggregator: grouping, partitioner, mapSideCombine: false });
  }

  distinct(numPartitions?: number): R {
    const keyed = this.narrow("distinct", "map", (row) => [row, null]);
    const once = reducing<unknown>(() => null);
    return keyed.combine("distinct", combined(once, numPartitions)).keys();
  }

  intersection(other: unknown, partitioner?: Partitioner<any>): R {
    return this.#cogroupRows("intersection", other, partitioner, (here, there) =>
      there.length === 0 ? [] : here.slice(0, 1),
    );
  }

  subtract(other: unknown, partitioner?: Partitioner<any>): R {
    return this.#cogroupRows("subtract", other, partitioner, (here, there) => (there.length === 0 ? here : []));
  }

  keys(): R {
    return this.narrow("keys", "map", (pair) => pair[0]);
  }

  values(): R {
    return this.narrow("values", "map", (pair) => pair[1]);
  }

  abstract get numPartitions(): number;
  abstract sortBy(f: (row: any) => any, ascending?: boolean, numPartitions?: number): R;
  /** An RDD of this kind with the rows of one whose rows are here. */
  abstract adopt(local: unknown): R;

  /** @throws INVALID_OPTION when `f` is no function. */
  protected abstract narrow(operator: string, kind: NarrowKind, f: (row: any) => any): R;
  /** One call for each partition. */
  protected abstract wholePartitions(operator: string, f: (rows: Iterable<any>, index: number) => Iterable<unknown>): R;
  /** One call for each partition and that at its place in `other`. @throws ILLEGAL_STATE when they are not as many. */
  protected abstract zipped(
    operator: string,
    other: unknown,
    f: (here: Iterable<any>, there: Iterable<any>, index: number) => Iterable<unknown>,
  ): R;
  protected abstract combine(operator: string, combining: Combining): R;
  /** For each key of any, its values here and its values in each other. */
  protected abstract cogrouped(
    operator: string,
    others: readonly unknown[],
    partitioner: Partitioner<any> | undefined,
  ): R;

  #cogroupRows(
    operator: string,
    other: unknown,
    partitioner: Partitioner<any> | undefined,
    keep: (here: unknown[], there: unknown[]) => unknown[],
  ): R {
    const self = (row: unknown): unknown => [row, row];
    const there = other instanceof CommonOperators ? other.narrow(operator, "map", self) : other;
    return this.narrow(operator, "map", self)
      .cogrouped(operator, [there], partitioner)
      .narrow(operator, "flatMap", ([, [here, others]]: [unknown, Groups]) => keep(here, others));
  }
}

markCopy(CommonOperators);

export function combined(aggregator: Aggregator<any, any>, partitioner: Partitioner<any> | undefined): Combining {
  return { aggregator, partitioner, mapSideCombine: true };
}
