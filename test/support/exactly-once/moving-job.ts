import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { ManualClock } from "dstream/testing";
import type { CrashPoint } from "../../../src/runtime/crash-points.ts";
import { runtimeKey } from "../../../src/runtime/job-runtime.ts";
import { committedEntries } from "./committed-topic.ts";
import { everyState } from "./every-state.ts";
import { topicsOf } from "./running-totals.ts";
import { World } from "./world.ts";

const jobFile = new URL("./every-state-worker.ts", import.meta.url);
const numRecords = 100;
/** Behind the last record windows become empty and keys time out. */
const numBatches = 12;

/** A stay of the job on a cluster: so many batches, and a crash at a step of the next one. */
export interface Stay {
  readonly master: string;
  readonly batches: number;
  readonly crash?: CrashPoint;
  /** Where its clock stands at the start; default 0. */
  readonly startsAt?: number;
}

/** What the job writes when it is not interrupted, on `local`. */
export function writtenInOneRun(t: TestContext, startsAt = 0): Promise<string[]> {
  return writtenOnTheMove(t, [{ master: "local", batches: numBatches, startsAt }]);
}

/** What the job writes when it moves from cluster to cluster; the last stay, on `local`, is as long as is needed. */
export async function writtenOnTheMove(t: TestContext, stays: readonly Stay[]): Promise<string[]> {
  const world = await World.make(t, numRecords);
  for (const one of stays) await stay(world, one);
  const done = stays.reduce((sum, { batches }) => sum + batches, 0);
  await stay(world, { master: "local", batches: numBatches - done });
  return written(world, stays[0]?.startsAt ?? 0);
}

/** Rows of the first batches. A batch that is run again is one more in its stay, so there may be others behind them. */
async function written({ brokers }: World, startsAt: number): Promise<string[]> {
  const values = (await committedEntries(brokers, topicsOf().copies))
    .map(({ value }) => value)
    .filter((value) => (JSON.parse(value) as { time: number }).time - startsAt <= numBatches * 1_000);
  assert.ok(values.length > numBatches * 4, `${values.length} rows`);
  return values.sort();
}

/** Worker threads find the brokers in the environment. */
async function stay(world: World, one: Stay): Promise<void> {
  process.env.DSTREAM_BROKERS = world.brokers;
  try {
    await runStay(world, one);
  } finally {
    delete process.env.DSTREAM_BROKERS;
  }
}

async function runStay(world: World, { master, batches, crash, startsAt }: Stay): Promise<void> {
  const clock = new ManualClock(startsAt);
  let crashesAt: CrashPoint | undefined;
  const crashPoint = (reached: CrashPoint): void => {
    if (reached === crashesAt) throw new Error("broken by the test");
  };
  const ssc = everyState({ ...world.jobOptions, master, clock, jobFile, [runtimeKey]: { crashPoint } });
  // As a test's, so that a session on Spark outlives each stay.
  ssc.runAsTest({ arguments: [], modules: [] });
  const ended = ssc.awaitTermination();
  ended.catch(() => {});
  await ssc.start();
  await clock.advance(batches * 1_000);
  if (crash === undefined) {
    await ssc.stop();
    return ended;
  }
  crashesAt = crash;
  await clock.advance(1_000);
  await assert.rejects(ended, { code: "USER_FUNCTION_FAILED" });
}
