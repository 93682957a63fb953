import assert from "node:assert/strict";
import { test } from "node:test";
import { type DStream, type Pair, type PairDStream, type State, StateSpec } from "dstream";
import { runBatches, type TestJob, testJob } from "dstream/testing";
import { thisMachine } from "../../src/runtime/machine/machine.ts";
import { LocalRDD } from "../../src/streaming/rdd/local-rdd.ts";
import { runTogether } from "../../src/testing/lives/run-together.ts";

// One rule for keys and values, whatever the operator and wherever it runs: canonical bytes say what is equal, and what has none is
// refused where its row is made. Test jobs get the name of a key and make it, since their inputs leave the driver themselves.

const url = import.meta.url;
const half = "😀".slice(0, 1);
const holes = Object.assign([1], { 2: 2 });
const made: Readonly<Record<string, unknown>> = {
  half,
  halfInside: ["a", { b: half }],
  halfName: { [half]: 1 },
  holes,
  "0": 0,
  "-0": -0,
  "[0]": { a: [0] },
  "[-0]": { a: [-0] },
};
const refused = [
  ["half", 1],
  ["half", 4],
  ["holes", 1],
  ["halfName", 4],
] as const;
const zeros = ["0", "-0", "[0]", "[-0]", "-0", "[-0]"];

type Keyed = PairDStream<unknown, number>;

const keyed = (names: DStream<string>): PairDStream<unknown, number> => names.map((name) => [made[name], 1] as const);
const add = (a: number, b: number): number => a + b;
const size = (values: Iterable<unknown>): number => [...values].length;

/** By operator, a job that counts the rows of each key. */
const counting: Readonly<Record<string, (names: DStream<string>) => Keyed>> = {
  reduceByKey: (names) => keyed(names).reduceByKey(add),
  groupByKey: (names) => keyed(names).groupByKey().mapValues(size),
  aggregateByKey: (names) => keyed(names).combineByKey((n) => n, add, add),
  withoutMapSide: (names) => keyed(names).combineByKey((n) => n, add, add, { mapSideCombine: false }),
  cogroup: (names) =>
    keyed(names)
      .cogroup(keyed(names))
      .mapValues(([a]) => size(a)),
  join: (names) =>
    keyed(names)
      .reduceByKey(add)
      .join(keyed(names).groupByKey())
      .mapValues(([n]) => n),
  countByValue: (names) => names.map((name) => made[name]).countByValue(),
  updateStateByKey: (names) => keyed(names).updateStateByKey<number>((ones, before = 0) => before + ones.length),
  mapWithState: (names) =>
    keyed(names)
      .groupByKey()
      .mapWithState(
        StateSpec.function((key: unknown, ones: number[] | undefined, state: State<number>) => {
          state.update((state.getOption() ?? 0) + size(ones ?? []));
          return [key, state.get()] as const;
        }),
      ),
  window: (names) => keyed(names).reduceByKeyAndWindow(add, 1_000, 1_000),
  inverseWindow: (names) => keyed(names).reduceByKeyAndWindow(add, 1_000, 1_000, { inverse: (a, b) => a - b }),
  transform: (names) => keyed(names).transform((rdd) => rdd.reduceByKey(add)),
  transformDistinct: (names) =>
    names.transform((rdd) =>
      rdd
        .map((name) => made[name])
        .distinct()
        .map((row) => [row, 3] as const),
    ),
  afterRepartition: (names) => keyed(names).repartition(3).reduceByKey(add),
};

export const jobs: readonly TestJob<[string], Pair<unknown, number>>[] = Object.entries(counting).map(([name, build]) =>
  testJob<[string], Pair<unknown, number>>(url, name, (_ssc, names) => build(names)),
);

/** A value that is −0 or has it, or one that cannot leave its task. */
const kept: unknown = [-0, { a: -0, b: Object.assign([], { 1: -0 }) }];
const valued = (names: DStream<string>): PairDStream<string, unknown> =>
  names.map((name) => [name, name === "half" ? { at: [half] } : kept] as const);

/** By where a value goes, a job that gives it back. */
export const passing: readonly TestJob<[string], Pair<string, unknown>>[] = Object.entries({
  toDriver: (names: DStream<string>) => valued(names),
  repartitioned: (names: DStream<string>) => valued(names).repartition(3),
  reduced: (names: DStream<string>) => valued(names).reduceByKey((a) => a),
  grouped: (names: DStream<string>) =>
    valued(names)
      .groupByKey()
      .mapValues(([value]) => value),
  joined: (names: DStream<string>) =>
    valued(names)
      .join(valued(names))
      .mapValues(([value]) => value),
  inState: (names: DStream<string>) => valued(names).updateStateByKey<unknown>(([value], before) => value ?? before),
  inMappedState: (names: DStream<string>) =>
    valued(names).mapWithState(
      StateSpec.function((key: string, value: unknown, state: State<unknown>) => {
        state.update(value);
        return [key, state.get()] as const;
      }),
    ),
  inWindow: (names: DStream<string>) => valued(names).window(2_000),
}).map(([name, build]) => testJob<[string], Pair<string, unknown>>(url, name, (_ssc, names) => build(names)));

const stateFrom = (name: string, initial: string): TestJob<[string], Pair<unknown, number>> =>
  testJob<[string], Pair<unknown, number>>(url, name, (_ssc, names) =>
    keyed(names).updateStateByKey<number>((ones, before = 0) => before + ones.length, {
      initialState: [[made[initial], 5]],
    }),
  );
export const fromInitial = stateFrom("fromInitial", "[-0]");
export const fromBadInitial = stateFrom("fromBadInitial", "holes");

function exported(name: string): TestJob<[string], Pair<unknown, number>> {
  const found = jobs.find((job) => job.name === name);
  assert.ok(found !== undefined);
  return found;
}

const sorted = (rows: readonly Pair<unknown, number>[]): unknown[] =>
  [...rows].sort(([a], [b]) => (typeof a < typeof b ? -1 : 1));

for (const master of ["local", "local[2]"]) {
  test(`on ${master} −0 and 0 are one key at any depth, by whatever operator, with one partition and with many`, async () => {
    const runs = jobs.flatMap((job) =>
      [1, 4].map((numInputPartitions) => ({ job, numInputPartitions, inputs: [[zeros]] })),
    );
    const results = await runTogether(runs, { master, batchInterval: 1_000 });
    for (const [i, batches] of results.entries()) {
      const { job, numInputPartitions } = runs[i] as (typeof runs)[number];
      const where = `${job.name}, ${numInputPartitions} partitions`;
      assert.deepStrictEqual(
        sorted(batches[0] as Pair<unknown, number>[]),
        [
          [0, 3],
          [{ a: [0] }, 3],
        ],
        where,
      );
    }
  });

  test(`on ${master} values keep −0 and holes wherever they go`, async () => {
    const runs = passing.flatMap((job) =>
      [1, 4].map((numInputPartitions) => ({ job, numInputPartitions, inputs: [[["a"]]] })),
    );
    const results = await runTogether(runs, { master, batchInterval: 1_000 });
    for (const [i, batches] of results.entries()) assert.deepStrictEqual(batches[0], [["a", kept]], runs[i]?.job.name);
  });
}

for (const job of passing) {
  test(`${job.name}: a value with half of a surrogate pair is refused, with one partition and with many`, async () => {
    for (const numInputPartitions of [1, 4]) {
      await assert.rejects(runBatches(job, [[["half"]]], { numInputPartitions }), ({ code, message }) => {
        assert.equal(code, "VALUE_NOT_ENCODABLE", message);
        assert.match(message, /half of a surrogate pair/);
        assert.match(message, job.name === "toDriver" ? /\] foreachRDD: / : /\] \w+ \(test\/unit\/keys-and-values/);
        return true;
      });
    }
  });
}

test("a pair that is a row like others when it leaves its task is refused there, and one that may leave it where it is a key", async () => {
  const job = exported("afterRepartition");
  await assert.rejects(runBatches(job, [[["half"]]]), { code: "VALUE_NOT_ENCODABLE", message: /\] repartition \(/ });
  await assert.rejects(runBatches(job, [[["holes"]]]), { code: "KEY_NOT_CANONICAL", message: /\] reduceByKey \(/ });
});

const rddOf = (partitions: ConstructorParameters<typeof LocalRDD>[0]): LocalRDD =>
  new LocalRDD(partitions, thisMachine);

test("a partitioner of the program's own is asked for 0 where the key is −0, and never for what is no key", async () => {
  const asked: unknown[] = [];
  const partitioner = { numPartitions: 2, getPartition: (key: unknown): number => asked.push(key) % 1 };
  const pairs = rddOf([
    {
      rows: [
        [-0, 1],
        [[-0], 1],
        [0, 1],
      ],
    },
  ]);
  const counted = pairs.reduceByKey(add, partitioner);
  assert.deepStrictEqual(await counted.collect(), [
    [0, 2],
    [[0], 1],
  ]);
  assert.deepStrictEqual(asked, [0, [0], 0]);
  const bad = rddOf([{ rows: [[holes, 1]] }]).partitionBy(partitioner);
  await assert.rejects(async () => bad.collect(), { code: "KEY_NOT_CANONICAL" });
  assert.equal(asked.length, 3);
});

test("an initial state's keys follow the same rule", async () => {
  assert.deepStrictEqual(await runBatches(fromInitial, [[["[0]"]]]), [[[{ a: [0] }, 6]]]);
  await assert.rejects(runBatches(fromBadInitial, [[["0"]]]), { code: "KEY_NOT_CANONICAL" });
});

const actions: Readonly<Record<string, (rdd: LocalRDD) => Promise<unknown>>> = {
  collectAsMap: (rdd) => rdd.collectAsMap(),
  countByKey: (rdd) => rdd.countByKey(),
  countByValue: (rdd) => rdd.keys().countByValue(),
  reduceByKeyLocally: (rdd) => rdd.reduceByKeyLocally(add),
  lookup: (rdd) => rdd.lookup("a"),
  distinct: (rdd) => rdd.keys().distinct().collect(),
  groupByKey: (rdd) => rdd.groupByKey().collect(),
  join: (rdd) => rdd.join(rdd).collect(),
  subtract: (rdd) => rdd.keys().subtract(rdd.keys()).collect(),
  countApproxDistinct: (rdd) => rdd.keys().countApproxDistinct(),
  sampleByKey: (rdd) => rdd.sampleByKey(false, [["a", 1]]).collect(),
};

for (const [name, action] of Object.entries(actions)) {
  test(`${name} of an RDD on the driver refuses what is no key, with one partition and with many`, async () => {
    for (const key of [half, holes, { [half]: 1 }]) {
      for (const count of [1, 3]) {
        const rdd = rddOf(
          Array.from({ length: count }, () => ({
            rows: [
              ["a", 1],
              [key, 1],
            ],
          })),
        );
        await assert.rejects(async () => action(rdd), { code: "KEY_NOT_CANONICAL" });
      }
    }
  });
}

test("actions by key see −0 as 0 at any depth", async () => {
  const rdd = rddOf([
    {
      rows: [
        [[-0], 1],
        [[0], 2],
        [-0, 3],
        [0, 4],
      ],
    },
  ]);
  assert.deepStrictEqual(
    [...(await rdd.countByKey())],
    [
      [0, 2],
      [[0], 2],
    ],
  );
  assert.deepStrictEqual(await rdd.lookup([0]), [1, 2]);
  assert.deepStrictEqual(await rdd.lookup([-0]), [1, 2]);
  assert.deepStrictEqual(
    [...(await rdd.collectAsMap())],
    [
      [0, 4],
      [[0], 2],
    ],
  );
});

for (const job of jobs) {
  if (job.name === "afterRepartition") continue;
  test(`${job.name}: what has no canonical bytes is refused where its row is made, with one partition and with many`, async () => {
    for (const [name, numInputPartitions] of refused) {
      await assert.rejects(runBatches(job, [[["0", name]]], { numInputPartitions }), ({ code, message }) => {
        assert.equal(code, "KEY_NOT_CANONICAL", `${name}: ${message}`);
        assert.match(message, /^\[KEY_NOT_CANONICAL\] \w+ \(test\/unit\/keys-and-values\.test\.ts:\d+:\d+\): /);
        return true;
      });
    }
  });
}
