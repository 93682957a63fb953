import type { DStreamError } from "../../errors/dstream-error.ts";
import { shownError } from "../../errors/shown/shown-error.ts";

// How a process ends behind its job. A program that goes on decides on its exit code itself, and may set it to 0.

/** Of a program that waits for nothing. */
const unheardGraceMs = 1_000;

/** What a program has after its job, in ms: one that is told of the end may have something to do then. */
export function graceAfterJob(gracefulStopMs: number, isTold: boolean): number {
  return isTold ? gracefulStopMs : Math.min(gracefulStopMs, unheardGraceMs);
}

/** A batch did not end in the time that it had: whoever started the process should know. */
export function exitWithGivenUpBatch(): void {
  process.exitCode ??= 1;
}

/** A job failed that nobody waits for, so that nobody hears of it. */
export function exitWithFailure(appName: string, error: DStreamError): void {
  process.exitCode ??= 1;
  process.stderr.write(`the job ${appName} failed, and nothing awaits its termination: ${shownError(error)}\n`);
}
