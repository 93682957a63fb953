// What a failure of TLS means, by the codes of Node and OpenSSL. What to say of it, and which option mends it, is its user's.
import { causesOf, messageOf, nodeCodeOf } from "../errors/shown/thrown.ts";

/**
 * "expired": the peer's certificate is not valid today. "other-name": it is for other hosts. "not-believed": no authority that is
 * believed here vouches for it. "own-refused": the peer refused our certificate, or misses one. "not-tls": the peer answered in
 * something else. "not-agreed": no version or cipher in common. "no-protocol": the peer has none of the protocols that were offered
 * (ALPN). "own-files": our own certificates or keys are at fault.
 */
export type TlsFailureKind =
  | "expired"
  | "other-name"
  | "not-believed"
  | "own-refused"
  | "not-tls"
  | "not-agreed"
  | "no-protocol"
  | "own-files";

export interface TlsFailure {
  readonly kind: TlsFailureKind;
  /** "CERT_HAS_EXPIRED". */
  readonly code: string;
  readonly message: string;
}

const patterns: readonly (readonly [TlsFailureKind, RegExp])[] = [
  ["expired", /^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/],
  ["other-name", /^ERR_TLS_CERT_ALTNAME_INVALID$/],
  ["not-believed", /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_|CRL_|ERROR_IN_CERT|INVALID_(CA|PURPOSE)|PATH_LENGTH)/],
  [
    "own-refused",
    /ALERT_(BAD_CERTIFICATE|CERTIFICATE_\w+|UNSUPPORTED_CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED|DECRYPT_ERROR)|CERTIFICATE_REQUIRED/,
  ],
  ["not-tls", /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|UNEXPECTED_MESSAGE|BAD_RECORD_TYPE/],
  ["not-agreed", /ALERT_(HANDSHAKE_FAILURE|PROTOCOL_VERSION|INSUFFICIENT_SECURITY)|UNSUPPORTED_PROTOCOL|NO_PROTOCOLS/],
  ["no-protocol", /NO_APPLICATION_PROTOCOL/],
  ["own-files", /^ERR_OSSL|BAD_DECRYPT|PEM|PASSPHRASE|KEY_VALUES_MISMATCH|^ERR_INVALID_ARG|^ERR_CRYPTO/],
];

/** Undefined: it was not TLS that failed. */
export function tlsFailure(thrown: unknown): TlsFailure | undefined {
  for (const cause of causesOf(thrown)) {
    const code = nodeCodeOf(cause);
    const [kind] = patterns.find(([, pattern]) => code !== undefined && pattern.test(code)) ?? [];
    if (kind !== undefined) return { kind, code: code as string, message: messageOf(cause) };
  }
  return undefined;
}
