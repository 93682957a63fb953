import { DStreamError } from "../../errors/dstream-error.ts";

/**
 * The client's side of an exchange: gives a message for the broker, is handed what the broker answers, and ends when it has nothing
 * to add. It throws where the broker's answer is not to be believed.
 */
export type SaslSteps = AsyncGenerator<Buffer, void, Buffer>;

/** The credentials, or what the broker proved of its own, are not right: no other attempt will go better. */
export function refused(text: string, option: string, cause?: unknown): DStreamError {
  return new DStreamError("AUTHENTICATION_FAILED", text, { cause, data: { option } });
}
