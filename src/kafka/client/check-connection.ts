import {
  checkOptionNames,
  checkReadable,
  checkText,
  invalidOption,
  isPromise,
} from "../../errors/checks/check-options.ts";
import { checkCertificates } from "../../tls/check-certificates.ts";
import { checkSasl } from "../sasl/mechanisms.ts";
import type { KafkaConnection } from "../types.ts";
import { parseBrokers } from "./broker-address.ts";

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

function checkTls(tls: object): void {
  if (tls === null || typeof tls !== "object" || isPromise(tls)) {
    throw invalidOption("tls", tls, "true, false or options of node:tls");
  }
  checkReadable("tls", tls);
  checkOptionNames("tls", tls, tlsOptionNames);
  checkCertificates("tls", tls);
}
