import { DStreamError } from "./dstream-error.ts";
import { systemReason } from "./shown/system-reason.ts";

/** An error of the file system at a file or folder that is the job's data. */
export function fileUnavailable(path: string, whatFor: "read" | "written", cause: unknown, advice = ""): DStreamError {
  const text = `${path} cannot be ${whatFor}: ${systemReason(cause)}${advice}`;
  return new DStreamError("FILE_UNAVAILABLE", text, { cause, data: { path } });
}
