import assert from "node:assert/strict";
import type { StreamingContext } from "dstream";
import { ManualClock } from "dstream/testing";
import type { FileSystem } from "../../src/runtime/files/file-system.ts";
import { jobRuntime } from "../../src/runtime/job-runtime.ts";
import { canonicalText } from "../../src/testing/canonical-text.ts";
import { type TestContextSpec, testContext } from "../../src/testing/test-context.ts";
import { isGone, keyOf, queried } from "../unit/jobs/queried.ts";
import type { Random } from "./seeded-random.ts";

export const operators = ["totals", "by own", "mapped"] as const;
export const numKeys = 40;

/** Numbers that stand for keys, each once, with what is added to their totals. */
export type QueriedBatch = readonly (readonly [number, number])[];

export interface QueriedOptions extends Pick<TestContextSpec, "master" | "stateStore"> {
  readonly checkpointDir: string;
  readonly batches: readonly QueriedBatch[];
  /** The batches before those that this life of the job runs. */
  readonly committed?: number;
  /** Default: the machine's. */
  readonly files?: FileSystem;
  /** Called in each attempt at a batch, from 1, when its tasks have run and nothing of it counts. */
  readonly inBatch?: (batch: number, ssc: StreamingContext) => Promise<void> | void;
}

export interface QueriedJob {
  readonly ssc: StreamingContext;
  /** Runs the next batch to its end. */
  next(): Promise<void>;
  /** Rejects with what ends the job. */
  readonly ended: Promise<void>;
}

/** The job of `jobs/queried.ts`, on any master, moved batch by batch. */
export async function startQueried(options: QueriedOptions): Promise<QueriedJob> {
  const { master, stateStore, checkpointDir, batches, committed = 0, inBatch, files } = options;
  const clock = new ManualClock(committed * 1_000);
  const job = { url: queried.url, name: queried.name, numInputs: 1, numInputPartitions: 2 };
  const spec = { jobs: [job], master, stateStore, startTime: 0, batchInterval: 1_000, checkpointDir, hasFails: false };
  const collect = (_index: number, _rows: readonly unknown[], time: number) => inBatch?.(time / 1_000, ssc);
  const ssc: StreamingContext = testContext(
    spec,
    [{ job: queried, queues: [batches] }],
    { collect, failing: () => {} },
    { clock, ...(files && { runtime: jobRuntime({ files }) }) },
  );
  ssc.runAsTest({ arguments: [JSON.stringify(spec)], modules: [queried.url] });
  const ended = ssc.awaitTermination();
  ended.catch(() => {});
  await ssc.start();
  return { ssc, next: () => clock.advance(1_000), ended };
}

/** What each operator has after so many of the batches, each of which has a number once: texts of key and state, in order. */
export function expectedStates(batches: readonly QueriedBatch[]): Readonly<Record<string, readonly string[]>> {
  const totals = new Map<number, number>();
  for (const [n, value] of batches.flat()) {
    const total = (totals.get(n) ?? 0) + value;
    if (isGone(total)) totals.delete(n);
    else totals.set(n, total);
  }
  const counts = [...totals].map(([n, total]): [unknown, unknown] => [keyOf(n), total]);
  const mapped = counts.map(([key, total]): [unknown, unknown] => [key, { total }]);
  const given: [unknown, unknown][] = batches.length === 0 ? [] : [["given", 1]];
  return { totals: textsOf([...counts, ...given]), "by own": textsOf(counts), mapped: textsOf(mapped) };
}

/** What an operator has as the job says it. */
export async function statesOf(ssc: StreamingContext, operator: string, limit?: number): Promise<string[]> {
  const entries: (readonly [unknown, unknown])[] = [];
  const query = ssc.queryState(operator);
  for await (const entry of query.entries(limit === undefined ? {} : { limit })) entries.push(entry);
  return textsOf(entries);
}

/** Batches of some of the keys, each with a number that makes some totals go. */
export function randomBatches(random: Random, count: number): QueriedBatch[] {
  return Array.from({ length: count }, () => {
    const numbers = Array.from({ length: numKeys }, (_, n) => n).filter(() => random(3) === 0);
    return numbers.map((n) => [n, 1 + random(6)] as const);
  });
}

/** The text of a key with its state, as `expectedStates` has it; undefined where it has none. */
export async function stateOf(ssc: StreamingContext, operator: string, n: number): Promise<string | undefined> {
  const state = await ssc.queryState(operator).get(keyOf(n));
  return state === undefined ? undefined : canonicalText([keyOf(n), state]);
}

export const withKey = (states: readonly string[] | undefined, n: number): string | undefined => {
  const start = canonicalText([keyOf(n)]).slice(0, -" ]".length);
  return states?.find((text) => text.startsWith(`${start},`));
};

/** Everything that can be asked for is as it was after so many of the batches. */
export async function assertStates(
  ssc: StreamingContext,
  batches: readonly QueriedBatch[],
  committed: number,
): Promise<void> {
  const expected = expectedStates(batches.slice(0, committed));
  for (const operator of operators) {
    assert.deepEqual(await statesOf(ssc, operator), expected[operator], `${operator} after ${committed} batches`);
    for (let n = 0; n < numKeys; n += 6) {
      assert.equal(await stateOf(ssc, operator, n), withKey(expected[operator], n));
    }
  }
}

export function textsOf(entries: Iterable<readonly [unknown, unknown]>): string[] {
  return Array.from(entries, ([key, state]) => canonicalText([key, state])).sort();
}
