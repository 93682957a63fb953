import { DStreamError } from "../../errors/dstream-error.ts";

/** The error of a zip of RDDs that do not fit. */
export function notAsMany(what: string, here: unknown, there: unknown): DStreamError {
  return new DStreamError("ILLEGAL_STATE", `zip needs as many ${what} on both sides, not ${here} and ${there}`);
}
