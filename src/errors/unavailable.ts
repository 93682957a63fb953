import { DStreamError } from "./dstream-error.ts";
import { systemReason } from "./shown/system-reason.ts";
import { nodeCodeOf } from "./shown/thrown.ts";

/** An error of the file system at a file or folder that is the job's data. */
export function fileUnavailable(path: string, whatFor: "read" | "written", cause: unknown, advice = ""): DStreamError {
  const text = `${path} cannot be ${whatFor}: ${systemReason(cause)}${advice}`;
  return new DStreamError("FILE_UNAVAILABLE", text, { cause, data: { path } });
}

/** A file of the checkpoint folder could not be written or read; what went wrong before it is passed on as it is. */
export function checkpointUnavailable(what: string, cause: unknown): DStreamError {
  if (cause instanceof DStreamError) return cause;
  const code = nodeCodeOf(cause) ?? "unknown error";
  return new DStreamError("CHECKPOINT_UNAVAILABLE", `${what}: ${systemReason(cause)}`, {
    cause,
    data: { reason: code },
  });
}
