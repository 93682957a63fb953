import assert from "node:assert/strict";
import { test } from "node:test";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { StreamingContext } from "../context/streaming-context.ts";
import type { DStream } from "../dstream.ts";
import type { StorageLevel } from "../input/storage-level.ts";
import { StateSpec } from "../keyed/state-spec.ts";

const context = (): StreamingContext =>
  new StreamingContext({ appName: "test", batchInterval: 1_000, clock: new ManualClock() });
const pairs = (ssc = context()) => ssc.queueStream<readonly [string, number]>([]);
const add = (a: number, b: number): number => a + b;

/** Runs a context whose clock begins at 0. */
async function run(
  ssc: StreamingContext,
  batches: number,
  check: () => Promise<void>,
  clock: ManualClock,
): Promise<void> {
  await ssc.start();
  try {
    await clock.advance(batches * 1_000);
    await check();
  } finally {
    await ssc.stop();
  }
}

test("a window or slide that is no multiple of the stream's slide is refused, with the numbers", () => {
  const stream = pairs();
  const operators: ((window: number, slide: number) => unknown)[] = [
    (window, slide) => stream.window(window, slide),
    (window, slide) => stream.reduceByWindow((a) => a, window, slide),
    (window, slide) => stream.countByWindow(window, slide),
    (window, slide) => stream.countByValueAndWindow(window, slide),
    (window, slide) => stream.groupByKeyAndWindow(window, slide),
    (window, slide) => stream.reduceByKeyAndWindow(add, window, slide, { inverse: add }),
  ];
  for (const operator of operators) {
    assert.throws(() => operator(1_500, 1_000), {
      code: "INVALID_WINDOW",
      message: /window must be a multiple of the stream's slide, 1000 ms, not 1500 ms/,
    });
    assert.throws(() => operator(2_000, 500), { code: "INVALID_WINDOW", message: /slide .* not 500 ms/ });
    for (const wrong of [0, -1_000, Number.NaN])
      assert.throws(() => operator(wrong, 1_000), { code: "INVALID_WINDOW" });
  }
  assert.throws(() => stream.window(4_000, 2_000).window(3_000), {
    code: "INVALID_WINDOW",
    message: /a multiple of the stream's slide, 2000 ms, not 3000 ms/,
  });
});

test("a stream has the slide of its window, which streams of another slide do not go together with", () => {
  const stream = pairs();
  const window = stream.window(4_000, 2_000).mapValues((n) => n + 1);
  assert.equal(window.slideDuration, 2_000);
  assert.throws(() => window.union(stream), { code: "ILLEGAL_STATE", message: /one slide/ });
  assert.throws(() => window.join(stream), { code: "ILLEGAL_STATE" });
});

test("filter is for windows with inverse", () => {
  assert.throws(() => pairs().reduceByKeyAndWindow(add, 1_000, 1_000, { filter: () => true }), {
    code: "INVALID_OPTION",
    message: /filter must be left out without inverse/,
  });
});

test("levels and intervals that Spark has are accepted, others refused", () => {
  const stream: DStream<unknown> = pairs();
  assert.equal(stream.cache().persist("DISK_ONLY").persist().checkpoint(3_000), stream);
  assert.throws(() => stream.persist("TAPE" as StorageLevel), { code: "INVALID_OPTION", message: /MEMORY_ONLY/ });
  for (const wrong of [500, 1_500, 0, -1_000]) {
    assert.throws(() => stream.checkpoint(wrong), { code: "INVALID_OPTION", message: /a multiple of .* 1000 ms/ });
  }
  assert.throws(() => stream.window(4_000, 2_000).checkpoint(1_000), { code: "INVALID_OPTION" });
  assert.throws(() => pairs().updateStateByKey(() => 1, { checkpointInterval: 1 }), { code: "INVALID_OPTION" });
});

test("a spec of mapWithState is checked", () => {
  const spec = StateSpec.function(() => 1);
  for (const wrong of [0, -1, Number.NaN]) assert.throws(() => spec.timeout(wrong), { code: "INVALID_OPTION" });
  assert.throws(() => spec.numPartitions(0), { code: "INVALID_OPTION" });
  assert.throws(() => spec.initialState("a" as never), {
    code: "INVALID_OPTION",
    message: /array of pairs of key and state, or an RDD/,
  });
  assert.throws(() => StateSpec.function(1 as never), { code: "INVALID_OPTION" });
  const f = (): number => 1;
  assert.throws(() => StateSpec.function(f, { timout: 5 } as object), { code: "UNKNOWN_OPTION", message: /"timeout"/ });
  for (const options of [{ timeout: 0 }, { name: "" }, { partitioner: 0 }, { initialState: "a" as never }]) {
    assert.throws(() => StateSpec.function(f, options), { code: "INVALID_OPTION" });
  }
  const initialState = [["a", 1]] as const;
  const behind = StateSpec.function(f).initialState(initialState).numPartitions(3).timeout(5).name("spec").parts;
  assert.deepEqual(StateSpec.function(f, { initialState, partitioner: 3, timeout: 5, name: "spec" }).parts, behind);
});

test("a name is that of the state, and of the panes of a window by key", () => {
  const ssc = context();
  const stream = pairs(ssc);
  stream.mapWithState(StateSpec.function(() => 1).name("mapped"));
  stream.reduceByKeyAndWindow(add, 2_000, 1_000, { inverse: add }).name("reduced");
  stream.countByWindow(2_000, 1_000).name("counted");
  stream.window(2_000).name("window");
  const { nodes, names } = ssc.job.plan.build();
  const stateful = nodes.filter(({ kind, ...node }) => kind === "window" || ("update" in node && node.update));
  assert.deepEqual(
    stateful.map(({ id }) => names[id]),
    ["mapped", "reduced/panes", "reduced", "counted/panes", "counted", "window"],
  );
});

test("slice gives the RDDs of past batches, both ends included", async () => {
  const clock = new ManualClock();
  const ssc = new StreamingContext({ appName: "test", batchInterval: 1_000, clock });
  const numbers = ssc.queueStream([[1], [2], null, [4]]);
  const seen = numbers.window(2_000, 2_000);
  for (const stream of [numbers, seen]) stream.foreachRDD(() => {});
  await assert.rejects(numbers.slice(0, 1_000), { code: "ILLEGAL_STATE", message: /has not been initialized/ });
  const rows = async (stream: DStream<number>, from: number, to: number): Promise<number[][]> =>
    Promise.all((await stream.slice(from, to)).map((rdd) => rdd.collect()));
  await run(
    ssc,
    4,
    async () => {
      assert.deepEqual(await rows(numbers, 0, 1_000), [[1]]);
      assert.deepEqual(await rows(numbers, 0, 2_000), [[1], [2]]);
      assert.deepEqual(await rows(numbers, 1_999, 4_999), [[1], [2], [4]]);
      assert.deepEqual(await rows(numbers, 2_000, 1_000), []);
      assert.deepEqual(await rows(seen, 3_000, 9_000), [[1, 2], [4]]);
      assert.deepEqual(await rows(seen, 1_000, 3_000), [[1, 2]]);
    },
    clock,
  );
});

test("remember keeps every stream, or those it is given, for slice", async () => {
  for (const givesStreams of [false, true]) {
    const clock = new ManualClock();
    const ssc = new StreamingContext({ appName: "test", batchInterval: 1_000, clock });
    const letters = ssc.queueStream([["a", "b"], ["a"], null, []]);
    const counts = letters.map((letter) => [letter, 1] as const).reduceByKey((a, b) => a + b);
    const windows = counts.window(2_000, 2_000);
    counts.filter(() => false).foreachRDD(() => {});
    ssc.remember(60_000, givesStreams ? [counts, windows] : undefined);
    const rows = async <T>(stream: DStream<T>): Promise<T[][]> =>
      Promise.all((await stream.slice(0, 4_000)).map(async (rdd) => (await rdd.collect()) as T[]));
    await run(
      ssc,
      4,
      async () => {
        const first: [string, number][] = [
          ["a", 1],
          ["b", 1],
        ];
        assert.deepEqual(await rows(counts), [first, [["a", 1]], []]);
        assert.deepEqual(await rows(windows), [[...first, ["a", 1]], []]);
        if (givesStreams) await assert.rejects(rows(letters), { code: "ILLEGAL_STATE", message: /needs remember/ });
        else assert.deepEqual(await rows(letters), [["a", "b"], ["a"], []]);
      },
      clock,
    );
    assert.equal((await rows(counts)).length, 3);
  }
});

test("slice refuses what is not remembered, instead of giving less", async () => {
  const clock = new ManualClock();
  const ssc = new StreamingContext({ appName: "test", batchInterval: 1_000, clock });
  const numbers = ssc.queueStream([[1], [2], [3], [4]]);
  numbers.foreachRDD(() => {});
  const mapped = numbers.map((n) => n + 1);
  for (const wrong of [0, -1]) assert.throws(() => ssc.remember(wrong), { code: "INVALID_OPTION" });
  ssc.remember(2_000, [numbers]);
  await run(
    ssc,
    4,
    async () => {
      assert.equal((await numbers.slice(3_000, 4_000)).length, 2);
      await assert.rejects(numbers.slice(2_000, 4_000), {
        code: "ILLEGAL_STATE",
        message: /batch 2000 is not remembered any more/,
      });
      await assert.rejects(mapped.slice(3_000, 4_000), {
        code: "ILLEGAL_STATE",
        message: /slice of the stream of map needs remember\(\)/,
      });
      assert.throws(() => ssc.remember(1_000), { code: "ILLEGAL_STATE" });
      assert.throws(() => numbers.persist(), { code: "ILLEGAL_STATE" });
    },
    clock,
  );
});

test("slice refuses batches that ran before the job was started again", async (t) => {
  const checkpointDir = temporaryDirectory(t);
  const folder = temporaryDirectory(t);
  const started = async (clock: ManualClock, check: (streams: DStream<string>[]) => Promise<void>): Promise<void> => {
    const ssc = new StreamingContext({ appName: "test", batchInterval: 1_000, clock, checkpointDir });
    const lines = ssc.textFileStream(folder);
    const streams = [lines, lines.window(2_000, 2_000), lines.window(5_000, 5_000)];
    for (const stream of streams) stream.foreachRDD(() => {});
    await run(ssc, 3, () => check(streams), clock);
  };
  const clock = new ManualClock();
  await started(clock, async ([lines]) => assert.equal((await lines?.slice(0, 3_000))?.length, 3));
  await started(clock, async (streams) => {
    const [lines, windows, longWindows] = streams as [DStream<string>, DStream<string>, DStream<string>];
    const isRefused = (batch: number) => ({
      code: "ILLEGAL_STATE",
      message: new RegExp(`batch ${batch} is not remembered any more.*restart`),
    });
    assert.equal((await lines.slice(4_000, 6_000)).length, 3);
    await assert.rejects(lines.slice(3_000, 6_000), isRefused(3_000));
    assert.equal((await windows.slice(4_000, 6_000)).length, 2);
    await assert.rejects(windows.slice(3_999, 6_000), isRefused(2_000));
    assert.equal((await longWindows.slice(0, 6_000)).length, 1);
  });
});

test("what is remembered has no more bytes than a result may have", async () => {
  const clock = new ManualClock();
  const ssc = new StreamingContext({ appName: "test", batchInterval: 1_000, clock, maxResultBytes: 1_500 });
  const texts = ssc.queueStream(["a", "b", "c"].map((letter) => [letter.repeat(1_000)]));
  texts.foreachRDD(() => {});
  ssc.remember(60_000);
  await run(
    ssc,
    3,
    async () => {
      assert.equal((await texts.slice(3_000, 3_000)).length, 1);
      await assert.rejects(texts.slice(1_000, 3_000), { code: "ILLEGAL_STATE", message: /batch 2000/ });
    },
    clock,
  );
});
