import { shownError } from "../shown/shown-error.ts";
import { isThenable } from "./at-once.ts";

/**
 * Calls a function of the program that is told of something, and whose result nobody needs: a listener, a log. It is not waited
 * for. What it throws, or rejects with, is the program's mistake and ends nothing: it is a warning of the type.
 *
 * @param whose the function in words
 */
export function notify(whose: string, type: string, call: () => unknown): void {
  const failed = (verb: string, error: unknown): void =>
    process.emitWarning(`${whose} ${verb}: ${shownError(error)}`, { type });
  try {
    const result = call();
    if (isThenable(result)) Promise.resolve(result).catch((error: unknown) => failed("rejected", error));
  } catch (error) {
    failed("threw", error);
  }
}
