import { DStreamError } from "../../errors/dstream-error.ts";
import { refused, type SaslSteps } from "./sasl-mechanism.ts";

/** Gives a token; it may take its time, and fail for a while. */
export type TokenSource = () => string | PromiseLike<string>;

/** How long a token may be waited for. */
export const tokenTimeoutMs = 10_000;

/** SASL OAUTHBEARER (RFC 7628): a token that the broker judges; `option` is where it comes from. */
export async function* oauthBearer(source: TokenSource, option = "sasl.token"): SaslSteps {
  const token = await tokenOf(source, option);
  const answer = yield Buffer.from(`n,,\u0001auth=Bearer ${token}\u0001\u0001`);
  if (answer.length === 0) return;
  // A refusal comes as JSON; the client has to nod before the broker ends the exchange.
  yield Buffer.from("\u0001");
  const status = /"status"\s*:\s*"([\w. -]{1,100})"/.exec(answer.toString("latin1", 0, 1_000))?.[1];
  throw refused(`the broker refused the token${status === undefined ? "" : ` (${status})`}`, option);
}

/** @throws AUTHENTICATION_FAILED: one that may pass where none was given, since whoever gives tokens may be away. */
async function tokenOf(source: TokenSource, option: string): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new Error(`no token within ${tokenTimeoutMs} ms`);
    timer = setTimeout(() => reject(error), tokenTimeoutMs);
  });
  let token: unknown;
  try {
    token = await Promise.race([(async () => source())(), late]);
  } catch (thrown) {
    if (thrown instanceof DStreamError) throw thrown;
    const text = `${option} gave no token; what it threw is the cause`;
    const data = { option };
    throw new DStreamError("AUTHENTICATION_FAILED", text, { cause: thrown, data, retryable: true });
  } finally {
    clearTimeout(timer);
  }
  // What ends a field of the message must not be in it.
  if (typeof token === "string" && /^[\x21-\x7e]+$/.test(token)) return token;
  throw new DStreamError("INVALID_OPTION", `${option} must give a token: text of printable ASCII without spaces`, {
    data: { option },
  });
}
