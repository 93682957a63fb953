import { DStreamError } from "./dstream-error.ts";
import { messageOf, nodeCodeOf } from "./thrown.ts";

/** A file of the checkpoint folder could not be written or read; what went wrong before it is passed on as it is. */
export function checkpointUnavailable(what: string, cause: unknown): DStreamError {
  if (cause instanceof DStreamError) return cause;
  const code = nodeCodeOf(cause) ?? messageOf(cause);
  return new DStreamError("CHECKPOINT_UNAVAILABLE", `${what}: ${code}`, { cause, data: { reason: code } });
}
