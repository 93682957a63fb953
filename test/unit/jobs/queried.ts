import { type Pair, StateSpec } from "dstream";
import { testJob } from "dstream/testing";

/** A key of each kind, by a number. */
export function keyOf(n: number): unknown {
  const kinds = [
    `key ${n}`,
    n,
    { id: n, of: ["x"] },
    [n, "ä😀"],
    BigInt(n),
    new Date(n * 1_000),
    Uint8Array.of(n, 255),
  ];
  return kinds[n % kinds.length];
}

/** A key comes and goes: its state is gone whenever this is so. */
export const isGone = (total: number): boolean => total % 7 === 0;

const byOwn = {
  numPartitions: 3,
  getPartition: (key: unknown): number => (typeof key === "string" ? 0 : typeof key === "number" ? 1 : 2),
};

/** The same counts as state of each operator, with a partitioner of its own, too, and panes beside them. */
export const queried = testJob<[readonly [number, number]], unknown>(import.meta.url, "queried", (_ssc, numbers) => {
  const pairs = numbers.map(([n, value]): Pair<unknown, number> => [keyOf(n), value]);
  const total = (values: readonly number[], before = 0) => {
    const after = values.reduce((a, b) => a + b, before);
    return isGone(after) ? undefined : after;
  };
  const mapped = StateSpec.function<unknown, number, { total: number }, never>((_key, value = 0, state) => {
    const after = (state.getOption()?.total ?? 0) + value;
    if (!isGone(after)) state.update({ total: after });
    else if (state.exists()) state.remove();
    return undefined;
  });
  pairs.updateStateByKey(total, { name: "by own", partitioner: byOwn }).foreachRDD(() => {});
  pairs.mapWithState(mapped.name("mapped")).foreachRDD(() => {});
  pairs
    .reduceByKeyAndWindow((a, b) => a + b, 2_000, 1_000, { inverse: (a, b) => a - b })
    .name("window")
    .foreachRDD(() => {});
  return pairs.updateStateByKey(total, { name: "totals", initialState: [["given", 1]] }) as never;
});
