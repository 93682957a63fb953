import { DStreamError } from "./dstream-error.ts";
import { messageOf } from "./thrown.ts";

/** An error of the file system at a file or folder that is the job's data. */
export function fileUnavailable(path: string, whatFor: "read" | "written", cause: unknown, advice = ""): DStreamError {
  const reason = messageOf(cause);
  const text = `${path} cannot be ${whatFor}: ${reason}${advice}`;
  return new DStreamError("FILE_UNAVAILABLE", text, { cause, data: { path } });
}
