import { DStreamError } from "../../errors/dstream-error.ts";
import type { JobRuntime } from "../../runtime/job-runtime.ts";
import type { ManualClock } from "../manual-clock.ts";
import { type BatchActions, type QueuedJob, type TestContextSpec, testContext } from "../test-context.ts";
import type { FailingAttempt } from "./plan-lives.ts";

export interface LifeOptions {
  readonly spec: TestContextSpec;
  readonly jobs: readonly QueuedJob[];
  readonly clock: ManualClock;
  /** The last batch time. */
  readonly until: number;
  readonly fails: readonly FailingAttempt[];
  /** Whether it ends as a restart does. */
  readonly isRestarted: boolean;
  readonly collect: BatchActions["collect"];
  /** Default: the process's own. */
  readonly runtime?: JobRuntime;
  /** Called between two batches, and behind the last one. */
  readonly between?: (() => Promise<void>) | undefined;
  /** Called when an attempt is made to fail. */
  readonly failed?: () => void;
}

/** Runs test jobs as one job in this process, until a batch time. @throws what ends the job; INVALID_OPTION for a `fail` that never came. */
export async function runLife(options: LifeOptions): Promise<void> {
  const { spec, jobs, clock, until, isRestarted, collect, runtime, between } = options;
  const fails = [...options.fails];
  const failing = (time: number): void => {
    const next = fails.findIndex(({ batchTime }) => batchTime === time);
    if (next < 0) return;
    const [{ message }] = fails.splice(next, 1) as [FailingAttempt];
    options.failed?.();
    throw new DStreamError("USER_FUNCTION_FAILED", message, { retryable: true, data: { batchTime: time } });
  };
  const ssc = testContext(spec, jobs, { collect, failing }, { clock, runtime });
  ssc.runAsTest({ arguments: [JSON.stringify(spec)], modules: [...new Set(spec.jobs.map(({ url }) => url))] });
  const ended = ssc.awaitTermination();
  // A job that fails says so below, when its batches are over.
  ended.catch(() => {});
  await ssc.start();
  try {
    if (between !== undefined) await stepUntil(until, spec.batchInterval, clock, between);
    await clock.advance(Math.max(0, until - clock.now()));
  } finally {
    await ssc.stop({ stopGracefully: isRestarted });
  }
  await ended;
  const [left] = fails;
  if (left !== undefined) throw notPassed("fail()", left.batchTime, "was committed before, and was not run");
}

/** Batch by batch; first one that an earlier life left, which needs no clock. */
async function stepUntil(
  until: number,
  batchInterval: number,
  clock: ManualClock,
  between: () => Promise<void>,
): Promise<void> {
  await clock.advance(0);
  await between();
  while (clock.now() < until) {
    await clock.advance(Math.min(until, (Math.floor(clock.now() / batchInterval) + 1) * batchInterval) - clock.now());
    await between();
  }
}

/** The error for a fault that found nothing to hit. */
export function notPassed(fault: string, batchTime: number, why: string): DStreamError {
  return new DStreamError("INVALID_OPTION", `${fault} hit nothing: batch ${batchTime} ${why}`, { data: { batchTime } });
}
