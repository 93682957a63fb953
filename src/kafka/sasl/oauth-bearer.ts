import { askToken, type TokenSource } from "../../runtime/ask-token.ts";
import type { Timers } from "../../runtime/machine/timers.ts";
import { refused, type SaslSteps } from "./sasl-mechanism.ts";

/** SASL OAUTHBEARER (RFC 7628): a token that the broker judges; `option` is where it comes from. */
export async function* oauthBearer(source: TokenSource, timers: Timers, option = "sasl.token"): SaslSteps {
  const token = await askToken(source, option, "AUTHENTICATION_FAILED", timers);
  const answer = yield Buffer.from(`n,,\u0001auth=Bearer ${token}\u0001\u0001`);
  if (answer.length === 0) return;
  // A refusal comes as JSON; the client has to nod before the broker ends the exchange.
  yield Buffer.from("\u0001");
  const status = /"status"\s*:\s*"([\w. -]{1,100})"/.exec(answer.toString("latin1", 0, 1_000))?.[1];
  throw refused(`the broker refused the token${status === undefined ? "" : ` (${status})`}`, option);
}
