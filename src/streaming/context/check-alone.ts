import { DStreamError } from "../../errors/dstream-error.ts";
import type { HostProcess } from "../../runtime/process/this-process.ts";

/** @throws CONTEXT_ALREADY_ACTIVE where another context of the process is, or the one whose graph this worker runs. */
export function checkAlone({ activeContext, role }: HostProcess): void {
  if (activeContext === undefined) return;
  const where =
    role === undefined ? "active in this process; stop it first" : "what this worker runs; start it in the driver";
  throw new DStreamError("CONTEXT_ALREADY_ACTIVE", `another StreamingContext is ${where}`);
}
