import { checkFunction } from "../../../errors/checks/check-options.ts";
import { givingAtOnce } from "../../../errors/user-code/at-once.ts";
import { canonicalKey } from "../../../keys/canonical-key.ts";
import { KeyMap } from "../../../keys/key-map.ts";
import { pairsOf } from "../../../task/errors/no-pair.ts";
import { RowActions } from "./row-actions.ts";

/** The actions by key or by value. */
export abstract class PairActions<R extends PairActions<R>> extends RowActions<R> {
  countByValue(): Promise<Map<any, number>> {
    return this.withRows("countByValue", countEach);
  }

  countByKey(): Promise<Map<any, number>> {
    return this.withRows("countByKey", (rows) => countEach(keysOf(rows)));
  }

  lookup(key: unknown): Promise<any[]> {
    return this.withRows("lookup", (rows) => {
      const wanted = new KeyMap();
      wanted.set({ key: canonicalKey(key) });
      const values: unknown[] = [];
      for (const [other, value] of pairsOf(rows)) if (wanted.get(other) !== undefined) values.push(value);
      return values;
    });
  }

  collectAsMap(): Promise<Map<any, any>> {
    return this.withRows("collectAsMap", (rows) => foldedByKey(rows, (_, last) => last));
  }

  reduceByKeyLocally(f: (a: any, b: any) => any): Promise<Map<any, any>> {
    const folding = givingAtOnce("reduceByKeyLocally", f);
    return this.withRows("reduceByKeyLocally", (rows) =>
      foldedByKey(rows, checkFunction("reduceByKeyLocally", folding)),
    );
  }
}

function* keysOf(rows: Iterable<unknown>): Generator<unknown> {
  for (const [key] of pairsOf(rows)) yield key;
}

function countEach(rows: Iterable<unknown>): Map<unknown, number> {
  const ones = function* (): Generator<readonly [unknown, number]> {
    for (const row of rows) yield [row, 1];
  };
  return foldedByKey(ones(), (a: number, b: number) => a + b);
}

/** A map of the values of each key, folded. */
function foldedByKey(pairs: Iterable<unknown>, f: (a: any, b: any) => any): Map<any, any> {
  const folded = new KeyMap<{ readonly key: unknown; value: unknown }>();
  for (const [key, value] of pairsOf(pairs)) {
    const entry = folded.get(key);
    if (entry === undefined) folded.set({ key: canonicalKey(key), value });
    else entry.value = f(entry.value, value);
  }
  return new Map(Array.from(folded.entries(), ({ key, value }) => [key, value]));
}
