import assert from "node:assert/strict";
import { type CrashPoint, onCrashPoint } from "../../../src/runtime/crash-points.ts";

/** Does something at a step of the commit protocol, when it is passed for the n-th time while `run` does its work in this thread. */
export async function crashOnce(
  { point, pass }: { readonly point: CrashPoint; readonly pass: number },
  act: () => Promise<void>,
  run: () => Promise<void>,
): Promise<void> {
  let passes = 0;
  onCrashPoint((reached) => (reached === point && ++passes === pass ? act() : undefined));
  try {
    await run();
  } finally {
    onCrashPoint(undefined);
  }
  assert.ok(passes >= pass, `${point} was passed ${passes} times`);
}

/** At which pass a job is well under way. What is removed is what a batch before the last one replaced: the first pass comes late. */
export const latePass = (point: CrashPoint): number => (point === "in-cleanup" ? 1 : 3);
