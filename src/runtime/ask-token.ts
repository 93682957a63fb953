import type { ErrorCode } from "../errors/codes.ts";
import { DStreamError } from "../errors/dstream-error.ts";
import type { Timer, Timers } from "./machine/timers.ts";

/** Gives a token; it may take its time, and fail for a while. */
export type TokenSource = () => string | PromiseLike<string>;

/** How long a token may be waited for. */
export const tokenTimeoutMs = 10_000;

/**
 * A token of the program's. `option` is where it comes from, `code` what it is to have none.
 * @throws `code`, as one that may pass: whoever gives tokens may be away. INVALID_OPTION for what no header can have.
 */
export async function askToken(source: TokenSource, option: string, code: ErrorCode, timers: Timers): Promise<string> {
  let timer: Timer | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`no token within ${tokenTimeoutMs} ms`);
    timer = timers.after(tokenTimeoutMs, () => reject(error));
  });
  let token: unknown;
  try {
    token = await Promise.race([(async () => source())(), late]);
  } catch (thrown) {
    if (thrown instanceof DStreamError) throw thrown;
    const text = `${option} gave no token; what it threw is the cause`;
    throw new DStreamError(code, text, { cause: thrown, data: { option }, retryable: true });
  } finally {
    timer?.cancel();
  }
  if (isToken(token)) return token;
  throw new DStreamError("INVALID_OPTION", `${option} must give a token: text of printable ASCII without spaces`, {
    data: { option },
  });
}

/** What ends a field of a message, or a header, must not be in a token. */
export function isToken(token: unknown): token is string {
  return typeof token === "string" && /^[\x21-\x7e]+$/.test(token);
}
