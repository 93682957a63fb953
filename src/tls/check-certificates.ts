import { X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { DStreamError } from "../errors/dstream-error.ts";
import { reasonOf } from "../errors/shown/thrown.ts";
import { type TlsFailure, tlsFailure } from "./tls-failure.ts";

/**
 * Reads certificates and keys, so that a wrong one shows at the call that gives it.
 * @param option where they are given: "tls"
 * @throws INVALID_OPTION
 */
export function checkCertificates(option: string, tls: object): void {
  const { ca, cert, key } = tls as Readonly<Record<string, unknown>>;
  for (const [name, given] of Object.entries({ ca, cert, key })) {
    // Node passes over a text that has no certificate, and nothing would be believed.
    const isOther = (part: unknown): boolean => typeof part === "string" && !part.includes("-----BEGIN ");
    if ([given].flat().some(isOther)) throw notPem(`${option}.${name}`);
  }
  for (const authorities of [ca].flat()) if (typeof authorities === "string") readAuthorities(option, authorities);
  try {
    createSecureContext(tls);
  } catch (cause) {
    const failure = tlsFailure(cause);
    if (failure?.kind === "own-files") throw ownFilesError(option, failure, cause);
    const text = `${option} has what node:tls does not take (${reasonOf(cause)})`;
    throw new DStreamError("INVALID_OPTION", text, { cause, data: { option } });
  }
}

const begunCertificate = /-----BEGIN [A-Z0-9 ]*CERTIFICATE-----/g;
const wholeCertificate = /-----BEGIN [A-Z0-9 ]*CERTIFICATE-----.*?-----END [A-Z0-9 ]*CERTIFICATE-----/gs;

/** Node passes over authorities that it cannot read, too. @throws INVALID_OPTION */
function readAuthorities(option: string, pem: string): void {
  const whole = pem.match(wholeCertificate) ?? [];
  const begun = pem.match(begunCertificate)?.length ?? 0;
  try {
    if (begun === 0) throw new Error("there is none");
    if (whole.length < begun) throw new Error(`${begun - whole.length} of ${begun} are not whole`);
    for (const certificate of whole) new X509Certificate(certificate);
  } catch (cause) {
    const text = `${option}.ca has what cannot be read as a certificate (${reasonOf(cause)})`;
    throw new DStreamError("INVALID_OPTION", text, { cause, data: { option: `${option}.ca` } });
  }
}

/** INVALID_OPTION for certificates and keys of ours that cannot be used. */
export function ownFilesError(option: string, { code, message }: TlsFailure, cause: unknown): DStreamError {
  const isPassphrase = /BAD_DECRYPT|PASSPHRASE|INTERRUPTED_OR_CANCELLED/.test(code) || /passphrase/i.test(message);
  const isKey = code.includes("KEY_VALUES_MISMATCH");
  const [part, what] = isPassphrase
    ? [`${option}.passphrase`, `${option}.passphrase does not open ${option}.key`]
    : isKey
      ? [`${option}.key`, `${option}.key is not the key of ${option}.cert`]
      : [option, `what ${option} has of certificates and keys cannot be read`];
  return new DStreamError("INVALID_OPTION", `${what} (${code})`, { cause, data: { option: part, reason: code } });
}

function notPem(option: string): DStreamError {
  const text = `${option} must be PEM text ("-----BEGIN …"), not another text; of a file, what readFileSync gives`;
  return new DStreamError("INVALID_OPTION", text, { data: { option } });
}
