import { DStreamError } from "../../errors/dstream-error.ts";
import { atOnce } from "../../errors/user-code/at-once.ts";
import type { StateFunction } from "../../plan/graph/nodes/keyed.ts";
import type { Pair } from "../types.ts";

/** A value that entered the window, or left it. */
type WindowChange<V> = readonly [hasEntered: boolean, value: V];

/**
 * How the value of a key in a window follows from its value in the window before: what left is taken out, then what entered is
 * added. A key stays for ever unless `filter` refuses it.
 */
export function inverseWindow<K, V>(
  f: (a: V, b: V) => V,
  inverse: (a: V, b: V) => V,
  filter: ((pair: Pair<K, V>) => boolean) | undefined,
): StateFunction {
  return (changes: readonly WindowChange<V>[], previous: V | undefined, key: K) => {
    const left = folded(changes, false, f);
    const entered = folded(changes, true, f);
    let value = previous;
    if (value !== undefined && left !== undefined) value = atOnce(inverse(value, left));
    if (entered !== undefined) value = value === undefined ? entered : atOnce(f(value, entered));
    if (value === undefined) throw noValue();
    return filter === undefined || atOnce(filter([key, value])) ? value : undefined;
  };
}

function folded<V>(changes: readonly WindowChange<V>[], hasEntered: boolean, f: (a: V, b: V) => V): V | undefined {
  let result: V | undefined;
  for (const [entered, value] of changes) {
    if (entered === hasEntered) result = result === undefined ? value : atOnce(f(result, value));
  }
  return result;
}

function noValue(): DStreamError {
  return new DStreamError(
    "ILLEGAL_STATE",
    "values of a key leave the window, and neither the previous window nor the new batches have a value for it; filter must not drop a key that the window still has, and reducing must not give undefined",
  );
}
