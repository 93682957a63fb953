import { DStreamError } from "../../errors/dstream-error.ts";
import { causesOf, messageOf, nodeCodeOf, reasonOf } from "../../errors/thrown.ts";

/** The broker's certificate does not bear examination: codes of OpenSSL's verification. */
const notBelieved = /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_|CRL_|ERROR_IN_CERT|INVALID_(CA|PURPOSE)|PATH_LENGTH)/;
/** What a peer says of a certificate of ours, or of there being none. */
const ownRefused =
  /ALERT_(BAD_CERTIFICATE|CERTIFICATE_\w+|UNSUPPORTED_CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED|DECRYPT_ERROR)|CERTIFICATE_REQUIRED/;
/** The other side answered, and what it said is not TLS. */
const notTls = /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|UNEXPECTED_MESSAGE|BAD_RECORD_TYPE/;
/** Versions or ciphers that only one of the two has. */
const notAgreed = /ALERT_(HANDSHAKE_FAILURE|PROTOCOL_VERSION|INSUFFICIENT_SECURITY)|UNSUPPORTED_PROTOCOL|NO_PROTOCOLS/;
const ownFiles = /^ERR_OSSL|BAD_DECRYPT|PEM|PASSPHRASE|KEY_VALUES_MISMATCH|^ERR_INVALID_ARG|^ERR_CRYPTO/;

/**
 * What a failed connection says: codes that are not tried again for what only the options of the connection can mend, else
 * BROKER_UNREACHABLE. Given what was thrown, a broker's name, and what was under way.
 */
export function connectionError(thrown: unknown, broker: string, doing: string): DStreamError {
  if (thrown instanceof DStreamError) return thrown;
  return tlsError(thrown, broker) ?? unreachable(broker, `${doing} (${reasonOf(thrown)})`, thrown);
}

/** @throws nothing. Undefined: it was not TLS that failed. */
export function tlsError(thrown: unknown, broker: string): DStreamError | undefined {
  for (const cause of causesOf(thrown)) {
    const code = nodeCodeOf(cause);
    const found = code === undefined ? undefined : ofCode(code, messageOf(cause), broker);
    if (found === undefined) continue;
    const [errorCode, option, text] = found;
    return new DStreamError(errorCode, text, { cause: thrown, data: { option, reason: code } });
  }
  return undefined;
}

type Found = readonly ["TLS_MISMATCH" | "AUTHENTICATION_FAILED" | "INVALID_OPTION", option: string, text: string];

function ofCode(code: string, message: string, broker: string): Found | undefined {
  if (code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID") {
    return ["TLS_MISMATCH", "tls", `the certificate of ${broker} is not valid today (${code}); renew it on the broker`];
  }
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    const text = `the certificate of ${broker} is for other names: ${message}; reach the broker by one of them, or name one as tls.servername`;
    return ["TLS_MISMATCH", "tls.servername", text];
  }
  if (notBelieved.test(code)) {
    const text = `the certificate of ${broker} is not believed (${message.split(";")[0]}, ${code}); give the authority that signed it as tls.ca`;
    return ["TLS_MISMATCH", "tls.ca", text];
  }
  if (ownRefused.test(code)) {
    const text = `${broker} refused the client's certificate, or asks for one (${code}); give one that is valid, and that its authorities signed, as tls.cert and tls.key`;
    return ["AUTHENTICATION_FAILED", "tls.cert", text];
  }
  if (notTls.test(code)) return ["TLS_MISMATCH", "tls", plainText(broker)];
  if (notAgreed.test(code)) {
    const text = `${broker} and this client have no version or cipher of TLS in common (${code}); set tls.minVersion, tls.maxVersion or tls.ciphers`;
    return ["TLS_MISMATCH", "tls.minVersion", text];
  }
  return ofOwnFiles(code, message);
}

/** What is wrong with certificates and keys that were given; undefined: nothing of that kind. */
export function ofOwnFiles(code: string, message: string): Found | undefined {
  if (!ownFiles.test(code)) return undefined;
  const isPassphrase = /BAD_DECRYPT|PASSPHRASE|INTERRUPTED_OR_CANCELLED/.test(code) || /passphrase/i.test(message);
  const option = isPassphrase ? "tls.passphrase" : code.includes("KEY_VALUES_MISMATCH") ? "tls.key" : "tls";
  const what = isPassphrase
    ? "tls.passphrase does not open tls.key"
    : option === "tls.key"
      ? "tls.key is not the key of tls.cert"
      : "what tls has of certificates and keys cannot be read";
  return ["INVALID_OPTION", option, `${what} (${code})`];
}

export function plainText(broker: string): string {
  return `${broker} does not speak TLS; remove tls, or choose the listener that has it`;
}

export function wantsTls(broker: string): DStreamError {
  const text = `${broker} speaks TLS, and the connection was made without; set tls`;
  return new DStreamError("TLS_MISMATCH", text, { data: { option: "tls" } });
}

export function unreachable(broker: string, what: string, cause?: unknown): DStreamError {
  return new DStreamError("BROKER_UNREACHABLE", `${broker} ${what}`, { cause, data: { broker } });
}
