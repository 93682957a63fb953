import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DStreamError } from "../../../errors/dstream-error.ts";
import { errorReport } from "./protocol/error-report.ts";

/** Of a failure Spark 3.5 tells the driver 2,048 characters, its own words among them. */
const charactersMax = 1_500;

/**
 * Leaves word of why a worker ended where Spark looks when a worker's connection ends: in the file that Python's fault handler
 * would write. The error becomes the failure of the task.
 */
export function leaveCrashReport(folder: string, pid: number, error: DStreamError): void {
  try {
    writeFileSync(join(folder, String(pid)), `${error.message}\n${errorReport(error, charactersMax)}\n`);
  } catch {
    // Without it the task fails all the same.
  }
}
