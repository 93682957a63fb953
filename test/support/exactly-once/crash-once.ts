import assert from "node:assert/strict";
import type { CrashPoint } from "../../../src/runtime/crash-points.ts";
import { type JobRuntime, runtimeKey } from "../../../src/runtime/job-runtime.ts";

/** Does something at a step of the commit protocol, when a job that `run` runs with these options passes it for the n-th time. */
export async function crashOnce(
  { point, pass }: { readonly point: CrashPoint; readonly pass: number },
  act: () => Promise<void>,
  run: (options: { readonly [runtimeKey]: Partial<JobRuntime> }) => Promise<void>,
): Promise<void> {
  let passes = 0;
  const crashPoint: JobRuntime["crashPoint"] = (reached) =>
    reached === point && ++passes === pass ? act() : undefined;
  await run({ [runtimeKey]: { crashPoint } });
  assert.ok(passes >= pass, `${point} was passed ${passes} times`);
}

/** At which pass a job is well under way. What is removed is what a batch before the last one replaced: the first pass comes late. */
export const latePass = (point: CrashPoint): number => (point === "in-cleanup" ? 1 : 3);
