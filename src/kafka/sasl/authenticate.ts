import type { RequestType } from "../client/broker-connection.ts";
import { saslAuthenticateRequest, saslHandshakeRequest } from "../client/requests/sasl.ts";
import { kafkaErrorName, kafkaErrors } from "../protocol/kafka-error-codes.ts";
import type { KafkaSasl } from "../types.ts";
import { type Mechanism, mechanismOf, type SaslMachine } from "./mechanisms.ts";
import { refused } from "./sasl-mechanism.ts";

/** Sends one request of the exchange and resolves with its answer. */
export type Ask = <Q, R>(type: RequestType<Q, R>, request: Q) => Promise<R>;

/**
 * Authenticates a connection to `broker`, for the first time or again (KIP-368); returns how long that holds, 0 for as long as the
 * connection does. `ready` is called when the first message is known: from then on nothing else may be sent.
 *
 * @throws AUTHENTICATION_FAILED, INVALID_OPTION, PACKAGE_MISSING; what `ask` throws.
 */
export async function authenticate(
  sasl: KafkaSasl,
  broker: string,
  ask: Ask,
  ready: () => void,
  machine: SaslMachine,
): Promise<number> {
  const mechanism = mechanismOf(sasl);
  const { wireName } = mechanism;
  const exchange = mechanism.steps(machine);
  let step = await exchange.next(Buffer.alloc(0));
  ready();
  const { errorCode, mechanisms } = await ask(saslHandshakeRequest, wireName);
  if (errorCode !== 0) throw mechanismRefused(broker, errorCode, wireName, mechanisms);
  let lifetimeMs = 0;
  while (!step.done) {
    const answer = await ask(saslAuthenticateRequest, step.value);
    if (answer.errorCode !== 0) throw credentialsRefused(broker, answer.errorCode, mechanism);
    lifetimeMs = answer.sessionLifetimeMs;
    step = await exchange.next(answer.bytes);
  }
  return lifetimeMs;
}

function mechanismRefused(broker: string, errorCode: number, asked: string, offered: readonly string[]): Error {
  if (errorCode === kafkaErrors.UNSUPPORTED_SASL_MECHANISM.code) {
    const text = `${broker} does not take SASL ${asked}; set sasl.mechanism to one of ${offered.join(", ")}`;
    return refused(text, "sasl.mechanism");
  }
  if (errorCode === kafkaErrors.ILLEGAL_SASL_STATE.code) {
    return refused(`${broker} takes no SASL; remove sasl, or choose the listener that has it`, "sasl");
  }
  return refused(`${broker} answered ${kafkaErrorName(errorCode)} to SASL ${asked}`, "sasl");
}

/** What the broker says besides its code may quote a name; it is not repeated. */
function credentialsRefused(broker: string, errorCode: number, { wireName, source }: Mechanism): Error {
  const check = source === "sasl.password" ? "sasl.username and sasl.password" : `the token of ${source}`;
  const text = `${broker} refused the credentials (SASL ${wireName}, ${kafkaErrorName(errorCode)}); check ${check}`;
  return refused(text, source);
}
