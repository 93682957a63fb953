import { DStreamError } from "../../errors/dstream-error.ts";
import { reasonOf } from "../../errors/shown/thrown.ts";
import { ownFilesError } from "../../tls/check-certificates.ts";
import { type TlsFailure, tlsFailure } from "../../tls/tls-failure.ts";

/**
 * What a failed connection says: codes that are not tried again for what only the options of the connection can mend, else
 * BROKER_UNREACHABLE. Given what was thrown, a broker's name, and what was under way.
 */
export function connectionError(thrown: unknown, broker: string, doing: string): DStreamError {
  if (thrown instanceof DStreamError) return thrown;
  return tlsError(thrown, broker) ?? unreachable(broker, `${doing} (${reasonOf(thrown)})`, thrown);
}

/** Undefined: it was not TLS that failed. */
export function tlsError(thrown: unknown, broker: string): DStreamError | undefined {
  const failure = tlsFailure(thrown);
  if (failure?.kind === "own-files") return ownFilesError("tls", failure, thrown);
  const found = failure === undefined ? undefined : meaningOf(failure, broker);
  if (failure === undefined || found === undefined) return undefined;
  const [errorCode, option, text] = found;
  return new DStreamError(errorCode, text, { cause: thrown, data: { option, reason: failure.code } });
}

type Meaning = readonly ["TLS_MISMATCH" | "AUTHENTICATION_FAILED", option: string, text: string];

function meaningOf({ kind, code, message }: TlsFailure, broker: string): Meaning | undefined {
  switch (kind) {
    case "expired":
      return [
        "TLS_MISMATCH",
        "tls",
        `the certificate of ${broker} is not valid today (${code}); renew it on the broker`,
      ];
    case "other-name": {
      const text = `the certificate of ${broker} is for other names: ${message}; reach the broker by one of them, or name one as tls.servername`;
      return ["TLS_MISMATCH", "tls.servername", text];
    }
    case "not-believed": {
      const text = `the certificate of ${broker} is not believed (${message.split(";")[0]}, ${code}); give the authority that signed it as tls.ca`;
      return ["TLS_MISMATCH", "tls.ca", text];
    }
    case "own-refused": {
      const text = `${broker} refused the client's certificate, or asks for one (${code}); give one that is valid, and that its authorities signed, as tls.cert and tls.key`;
      return ["AUTHENTICATION_FAILED", "tls.cert", text];
    }
    case "not-tls":
      return ["TLS_MISMATCH", "tls", plainText(broker)];
    case "not-agreed": {
      const text = `${broker} and this client have no version or cipher of TLS in common (${code}); set tls.minVersion, tls.maxVersion or tls.ciphers`;
      return ["TLS_MISMATCH", "tls.minVersion", text];
    }
    default:
      return undefined;
  }
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
