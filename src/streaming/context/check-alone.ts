import { DStreamError } from "../../errors/dstream-error.ts";

/** @throws CONTEXT_ALREADY_ACTIVE where another context of the process is. */
export function checkAlone(active: object | undefined): void {
  if (active === undefined) return;
  const text = "another StreamingContext is active in this process; stop it first";
  throw new DStreamError("CONTEXT_ALREADY_ACTIVE", text);
}
