import { testJob } from "dstream/testing";

/** One input row: a number that becomes a key of each kind. */
type Key =
  | string
  | number
  | boolean
  | bigint
  | null
  | Date
  | Uint8Array
  | readonly [number, string]
  | { readonly id: number };

interface Kept {
  readonly count: number;
  readonly last: Date;
  readonly text: string;
  readonly nothing: undefined;
  readonly seen: ReadonlyMap<number, bigint>;
}

function keyOf(n: number): Key {
  const kinds: readonly Key[] = [
    `key ${n}`,
    n,
    n % 2 === 0,
    BigInt(n) ** 5n,
    null,
    new Date(n * 86_400_000),
    Uint8Array.of(n, 255),
    [n, "ä€😀"],
    { id: n },
  ];
  return kinds[n % kinds.length] as Key;
}

/** State of every kind behind keys of every kind; kept in files of released formats, which later versions have to open. */
export const keptJob = testJob<[number], readonly [Key, string]>(import.meta.url, "kept", (_ssc, numbers) => {
  const pairs = numbers.map((n) => [keyOf(n), n] as const);
  const objects = pairs.updateStateByKey(
    (values, state: Kept | undefined, _key, time) => {
      if (values.length === 0 && state === undefined) return undefined;
      if (values.includes(7)) return undefined;
      const seen = new Map([...(state?.seen ?? []), ...values.map((n) => [n, BigInt(n)] as const)]);
      const count = (state?.count ?? 0) + values.length;
      return {
        count,
        last: values.length > 0 ? new Date(time) : (state?.last ?? new Date(0)),
        text: "ä€😀",
        nothing: undefined,
        seen,
      };
    },
    { name: "objects" },
  );
  const sums = pairs.updateStateByKey((values, sum = 0.5) => values.reduce((a, b) => a + b, sum), { name: "sums" });
  return objects
    .mapValues(({ count, last, text, seen }) => JSON.stringify([count, last, text, [...seen].map(String)]))
    .union(sums.mapValues(String)) as never;
});

/** Batches before the checkpoint was kept, and those that follow. */
export const before = Array.from({ length: 5 }, (_, batch) =>
  Array.from({ length: 12 }, (_unused, i) => batch * 5 + i),
);
export const after = [[1, 2, 3], [], [40, 41, 7]];
