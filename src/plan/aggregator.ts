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

/** The values of input `input` of `numInputs`, in order, in the place of that input; the other places are empty. */
export function cogrouping(input: number, numInputs: number): Aggregator<unknown, unknown[][]> {
  return {
    create(value) {
      const groups: unknown[][] = Array.from({ length: numInputs }, () => []);
      groups[input]?.push(value);
      return groups;
    },
    mergeValue(groups, value) {
      groups[input]?.push(value);
      return groups;
    },
    mergeCombiners(a, b) {
      for (const [i, values] of b.entries()) for (const value of values) a[i]?.push(value);
      return a;
    },
  };
}
