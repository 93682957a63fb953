import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { RecordedLog } from "../../../test/support/recorded-log.ts";
import type { BatchStall } from "../../listeners/streaming-listener.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { StallWatch } from "./stall-watch.ts";

interface Watching {
  readonly watch: StallWatch;
  readonly clock: ManualClock;
  readonly said: RecordedLog;
  readonly told: readonly BatchStall[];
  pass(seconds: number): Promise<void>;
}

const texts = ({ messages }: RecordedLog): string[] => messages.map(({ message }) => message);

function watching(t: TestContext): Watching {
  const said = new RecordedLog();
  const clock = new ManualClock();
  const told: BatchStall[] = [];
  const watch = new StallWatch({ clock, log: said.log }, (stall) => void told.push(stall));
  t.after(() => watch.close());
  return {
    ...{ watch, clock, told, said },
    async pass(seconds) {
      for (let i = 0; i < seconds * 2; i++) {
        await clock.advance(500);
        await new Promise(setImmediate);
      }
    },
  };
}

const batch = { who: "batch 2000", batchTime: 2_000, place: () => "stage 1 of 3", isRepeated: true };

test("what makes no progress is said after 10 s, 30 s and 90 s, and that it goes on", async (t) => {
  const { watch, said, told, pass } = watching(t);
  const activity = watch.begin(batch);
  await pass(9);
  assert.deepEqual([said.messages, told], [[], []]);
  await pass(1);
  const stall = { batchTime: 2_000, since: 0, until: undefined, waitsFor: "stage 1 of 3" };
  assert.deepEqual(told, [stall]);
  await pass(89);
  activity.moved();
  await pass(5);
  activity.end();
  assert.deepEqual(texts(said), [
    "batch 2000 has made no progress for 10 s, since 1970-01-01T00:00:00.000Z: stage 1 of 3",
    "batch 2000 has made no progress for 30 s, since 1970-01-01T00:00:00.000Z: stage 1 of 3",
    "batch 2000 has made no progress for 90 s, since 1970-01-01T00:00:00.000Z: stage 1 of 3",
    "batch 2000 goes on after 99 s without progress",
  ]);
  assert.deepEqual(activity.stalls, [{ ...stall, until: 99_000 }]);
  assert.deepEqual(told.slice(1), [stall, stall, { ...stall, until: 99_000 }]);
});

test("what moves slowly is not said, by reports or by a count", async (t) => {
  const { watch, said, pass } = watching(t);
  const reported = watch.begin(batch);
  const counted = watch.begin(batch);
  let count = 0;
  counted.counts(() => count);
  for (let i = 0; i < 10; i++) {
    await pass(7);
    reported.moved();
    count++;
  }
  reported.end();
  counted.end();
  assert.deepEqual(texts(said), []);
});

test("what is waited for is said, too, until there is progress", async (t) => {
  const { watch, told, pass } = watching(t);
  const activity = watch.begin(batch);
  activity.moved(() => "stage 2 of 3");
  await pass(5);
  activity.waits(() => "the server is away");
  await pass(5);
  activity.moved();
  await pass(10);
  activity.end();
  assert.deepEqual(
    told.map(({ waitsFor, until }) => [waitsFor, until]),
    [
      ["stage 2 of 3; the server is away", undefined],
      ["stage 2 of 3; the server is away", 10_000],
      ["stage 2 of 3", undefined],
      ["stage 2 of 3", 20_000],
    ],
  );
});

test("where each batch is quiet for long it takes twice as long, and one that stood still once changes nothing", async (t) => {
  const { watch, said, pass } = watching(t);
  const quiet = async (seconds: number): Promise<number> => {
    const before = said.messages.length;
    const activity = watch.begin(batch);
    await pass(seconds);
    activity.end();
    return said.messages.length - before;
  };
  for (const seconds of [1, 20, 1, 1]) await quiet(seconds);
  assert.equal(await quiet(12), 2);
  assert.equal(await quiet(20), 2);
  assert.equal(await quiet(20), 2);
  // Of the last three batches the one with the shortest silence had 12 s.
  assert.equal(await quiet(22), 0);
  assert.equal(await quiet(60), 2);
});

test("a stall that lasts is said at least once an hour", async (t) => {
  const { watch, said, clock } = watching(t);
  const activity = watch.begin(batch);
  const hours = 12;
  for (let passed = 0; passed < hours * 3_600_000; passed += 2_500) {
    await clock.advance(2_500);
    await new Promise(setImmediate);
  }
  const hourly = texts(said).filter((text) => Number(/for (\d+) s/.exec(text)?.[1]) > 7_200);
  assert.ok(hourly.length >= hours - 3, hourly.join("\n"));
  activity.end();
});
