import type { DStreamError } from "../errors/dstream-error.ts";
import { shownError } from "../errors/shown-error.ts";

// A program that goes on after its job decides on its exit code itself, and may set it to 0.

/** A batch did not end in the time that it had: whoever started the process should know. */
export function exitWithGivenUpBatch(): void {
  process.exitCode ??= 1;
}

/** A job failed that nobody waits for, so that nobody hears of it. */
export function exitWithFailure(appName: string, error: DStreamError): void {
  process.exitCode ??= 1;
  process.stderr.write(`the job ${appName} failed, and nothing awaits its termination: ${shownError(error)}\n`);
}
