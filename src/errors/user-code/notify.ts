import { shownError } from "../shown/shown-error.ts";
import { isThenable } from "./at-once.ts";

/**
 * Calls a function of the program that is told of something, and whose result nobody needs: a listener, a log. It is not waited
 * for. What it throws, or rejects with, is the program's mistake and ends nothing: it is a warning.
 *
 * @param whose the function in words
 */
export function notify(whose: string, warn: (text: string) => void, call: () => unknown): void {
  const failed = (verb: string, error: unknown): void => warn(`${whose} ${verb}: ${shownError(error)}`);
  try {
    const result = call();
    if (isThenable(result)) Promise.resolve(result).catch((error: unknown) => failed("rejected", error));
  } catch (error) {
    failed("threw", error);
  }
}
