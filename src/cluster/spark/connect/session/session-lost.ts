import { DStreamError } from "../../../../errors/dstream-error.ts";

/** The server does not know the session any more. */
export function sessionLost(address: string): DStreamError {
  return new DStreamError("SPARK_SESSION_LOST", sessionLostText(address));
}

export function sessionLostText(address: string): string {
  return `the Spark server at ${address} no longer knows the session: it was restarted, or the session was closed or timed out there`;
}
