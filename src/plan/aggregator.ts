/**
 * How values of one key become one combined value: before the shuffle (`create`, `mergeValue`) and after it
 * (`mergeCombiners`). Spark's Aggregator.
 */
export interface Aggregator<V, C> {
  create(value: V): C;
  mergeValue(combined: C, value: V): C;
  mergeCombiners(a: C, b: C): C;
}

/** Values folded by one associative function. */
export function reducing<V>(f: (a: V, b: V) => V): Aggregator<V, V> {
  return { create: (value) => value, mergeValue: f, mergeCombiners: f };
}

/** All values of a key, in order. */
export const grouping: Aggregator<unknown, unknown[]> = {
  create: (value) => [value],
  mergeValue(values, value) {
    values.push(value);
    return values;
  },
  mergeCombiners(a, b) {
    for (const value of b) a.push(value);
    return a;
  },
};
