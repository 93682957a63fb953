import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { StreamingContext } from "../context/streaming-context.ts";
import type { DStream } from "../dstream.ts";
import { StateSpec } from "../keyed/state-spec.ts";

// How far slice can look back: the clean-up of RDDs in Spark's BasicOperationsSuite, and more cases of its rules. A batch is 1 s.

type Pairs = DStream<readonly [string, number]>;

/** Runs batches of the streams that `build` makes; returns the oldest batch of each that can be looked at. */
async function oldestOf(
  t: TestContext,
  numBatches: number,
  build: (input: DStream<string>, ssc: StreamingContext) => readonly DStream<any>[],
): Promise<number[]> {
  const clock = new ManualClock();
  const ssc = new StreamingContext({
    appName: "test",
    batchInterval: 1_000,
    clock,
    checkpointDir: temporaryDirectory(t),
  });
  const input = ssc.queueStream(Array.from({ length: numBatches }, () => ["a"]));
  const streams = build(input, ssc);
  for (const stream of streams) stream.foreachRDD(() => {});
  await ssc.start();
  await clock.advance(numBatches * 1_000);
  const oldest = await Promise.all(streams.map((stream) => oldestTime(stream, numBatches * 1_000)));
  await ssc.stop();
  return oldest;
}

async function oldestTime(stream: DStream<any>, last: number): Promise<number> {
  const slide = stream.slideDuration;
  for (let time = last - (last % slide); time > 0; time -= slide) {
    try {
      await stream.slice(time, last);
    } catch {
      return time + slide;
    }
  }
  return 0;
}

const pairs = (input: DStream<string>) => input.map((word) => [word, 1] as const);

test("a stream under windows is remembered for their lengths longer", async (t) => {
  const oldest = await oldestOf(t, 10, (input, ssc) => {
    ssc.remember(3_000);
    const inner = input.window(2_000, 1_000);
    return [inner.window(4_000, 2_000), inner, input, input.map((word) => word)];
  });
  assert.deepEqual(oldest, [8_000, 4_000, 2_000, 8_000]);
});

test("a stream with a checkpoint interval is remembered for two of these", async (t) => {
  const oldest = await oldestOf(t, 10, (input) => {
    const state = pairs(input).updateStateByKey((ones, total = 0) => total + ones.length);
    return [state.checkpoint(3_000), input.map((word) => word).checkpoint(1_000)] as Pairs[];
  });
  assert.deepEqual(oldest, [5_000, 9_000]);
});

test("streams with state are remembered for two of Spark's checkpoint intervals, others for ten slides", async (t) => {
  const spec = StateSpec.function((_key: string, value: number | undefined) => value);
  const oldest = await oldestOf(t, 30, (input) => [
    pairs(input).updateStateByKey((ones, total = 0) => total + ones.length),
    pairs(input)
      .window(3_000, 3_000)
      .updateStateByKey((ones, total = 0) => total + ones.length),
    pairs(input).reduceByKeyAndWindow((a, b) => a + b, 2_000, 1_000, { inverse: (a, b) => a - b }),
    pairs(input).mapWithState(spec).stateSnapshots(),
    input.map((word) => word),
  ]);
  // With slides of 3 s an interval of at least 10 s is four of them.
  assert.deepEqual(oldest, [11_000, 9_000, 11_000, 21_000, 21_000]);
});

test("remember may ask for more than the rules, and never gives less", async (t) => {
  const oldest = await oldestOf(t, 25, (input, ssc) => {
    ssc.remember(1_000);
    const state = pairs(input).updateStateByKey((ones, total = 0) => total + ones.length);
    return [state, state.mapValues((n) => n), input.map((word) => word)];
  });
  assert.deepEqual(oldest, [6_000, 25_000, 25_000]);
});
