import type { DStreamError } from "../../errors/dstream-error.ts";
import { shownError } from "../../errors/shown/shown-error.ts";
import type { HostProcess } from "../../runtime/process/this-process.ts";

// How a process ends behind its job. A program that goes on decides on its exit code itself, and may set it to 0.

/** Of a program that waits for nothing. */
const unheardGraceMs = 1_000;

/** What a program has after its job, in ms: one that is told of the end may have something to do then. */
export function graceAfterJob(gracefulStopMs: number, isTold: boolean): number {
  return isTold ? gracefulStopMs : Math.min(gracefulStopMs, unheardGraceMs);
}

/** A job failed that nobody waits for, so that nobody hears of it. */
export function exitWithFailure(process: HostProcess, appName: string, error: DStreamError): void {
  process.failed(`the job ${appName} failed, and nothing awaits its termination: ${shownError(error)}`);
}
