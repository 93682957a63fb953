import { createSecureContext } from "node:tls";
import { checkOptionNames, checkReadable, checkText, invalidOption, isPromise } from "../../errors/check-options.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import { messageOf, nodeCodeOf, reasonOf } from "../../errors/thrown.ts";
import { checkSasl } from "../sasl/mechanisms.ts";
import type { KafkaConnection } from "../types.ts";
import { parseBrokers } from "./broker-address.ts";
import { ofOwnFiles } from "./connection-error.ts";

/** The options of KafkaConnection, for those who take them among their own. */
export const connectionOptionNames = ["brokers", "clientId", "tls", "sasl"] as const;

/** What of node:tls has a meaning for a client. */
const tlsOptionNames = [
  ...["ca", "cert", "key", "passphrase", "pfx", "crl", "rejectUnauthorized", "servername", "checkServerIdentity"],
  ...[
    "ciphers",
    "ecdhCurve",
    "minVersion",
    "maxVersion",
    "secureProtocol",
    "secureOptions",
    "secureContext",
    "sigalgs",
  ],
  ...[
    "session",
    "minDHSize",
    "ALPNProtocols",
    "pskCallback",
    "requestOCSP",
    "allowPartialTrustChain",
    "honorCipherOrder",
  ],
  ...[
    "enableTrace",
    "privateKeyEngine",
    "privateKeyIdentifier",
    "clientCertEngine",
    "dhparam",
    "sessionTimeout",
    "timeout",
  ],
];

/** @throws INVALID_OPTION, UNKNOWN_OPTION when it is not said in the way it has to be how Kafka is reached. */
export function checkConnection({ brokers, clientId, tls, sasl }: KafkaConnection): void {
  if (brokers !== undefined) parseBrokers(brokers);
  if (clientId !== undefined) checkText("clientId", clientId);
  if (tls !== undefined && typeof tls !== "boolean") checkTls(tls);
  if (sasl !== undefined) checkSasl(sasl);
}

/** Certificates and keys are read here, so that a wrong passphrase shows at the call that gives it. */
function checkTls(tls: object): void {
  if (tls === null || typeof tls !== "object" || isPromise(tls)) {
    throw invalidOption("tls", tls, "true, false or options of node:tls");
  }
  checkReadable("tls", tls);
  checkOptionNames("tls", tls, tlsOptionNames);
  const { ca, cert, key } = tls as Readonly<Record<string, unknown>>;
  for (const [name, given] of Object.entries({ ca, cert, key })) {
    // Node passes over a text that has no certificate, and nothing would be believed.
    const isOther = (part: unknown): boolean => typeof part === "string" && !part.includes("-----BEGIN ");
    if ([given].flat().some(isOther)) throw notPem(`tls.${name}`);
  }
  try {
    createSecureContext(tls);
  } catch (cause) {
    const [, option, text] = ofOwnFiles(nodeCodeOf(cause) ?? "", messageOf(cause)) ?? [];
    const message = text ?? `tls has what node:tls does not take (${reasonOf(cause)})`;
    throw new DStreamError("INVALID_OPTION", message, { cause, data: { option: option ?? "tls" } });
  }
}

function notPem(option: string): DStreamError {
  const text = `${option} must be PEM text ("-----BEGIN …"), not another text; of a file, what readFileSync gives`;
  return new DStreamError("INVALID_OPTION", text, { data: { option } });
}
