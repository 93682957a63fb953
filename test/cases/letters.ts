/** Letters with numbers, as rows. */
export const rows = (numbers: Readonly<Record<string, number>>): [string, number][] => Object.entries(numbers);

/** The input of Spark's tests of keyed state: more letters, then fewer, then none. */
export const walk: string[][] = [["a"], ["a", "b"], ["a", "b", "c"], ["a", "b"], ["a"], []];

/** How often each letter came so far. */
export const totals = [
  rows({ a: 1 }),
  rows({ a: 2, b: 1 }),
  rows({ a: 3, b: 2, c: 1 }),
  rows({ a: 4, b: 3, c: 1 }),
  rows({ a: 5, b: 3, c: 1 }),
  rows({ a: 5, b: 3, c: 1 }),
];
