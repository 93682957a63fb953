import { DStreamError } from "../../../../errors/dstream-error.ts";
import { ownFilesError } from "../../../../tls/check-certificates.ts";
import { type TlsFailure, type TlsFailureKind, tlsFailure } from "../../../../tls/tls-failure.ts";
import type { Target } from "../target.ts";

/** Undefined: it was not TLS that failed. */
export function tlsError(thrown: unknown, target: Target): DStreamError | undefined {
  const failure = tlsFailure(thrown);
  if (failure === undefined) return undefined;
  const { kind } = failure;
  if (kind === "own-files") return ownFilesError("spark.tls", failure, thrown);
  if (kind === "own-refused") return certificateRefused(target, failure.code, thrown);
  const [code, option, text] = meaningOf(kind, failure, target);
  return new DStreamError(code, `${text} (${failure.code})`, { cause: thrown, data: { option, reason: failure.code } });
}

/** The server did not take the client's certificate, or misses one. */
export function certificateRefused({ address, shown }: Target, code: string, cause: unknown): DStreamError {
  const text = shown.certificate
    ? `${address} refused the client's certificate; give one that is valid, and that its authorities signed, as spark.tls.cert and spark.tls.key`
    : `${address} asks for a certificate of the client; give one as spark.tls.cert and spark.tls.key`;
  const data = { option: "spark.tls.cert", reason: code };
  return new DStreamError("SPARK_AUTHENTICATION_FAILED", `${text} (${code})`, { cause, data });
}

type Meaning = readonly ["SPARK_TLS_MISMATCH" | "SPARK_ENDPOINT_INVALID", option: string, text: string];

function meaningOf(
  kind: Exclude<TlsFailureKind, "own-files" | "own-refused">,
  { code, message }: TlsFailure,
  { address, shown }: Target,
): Meaning {
  const certificate = `the certificate of ${address}`;
  switch (kind) {
    case "expired":
      return ["SPARK_TLS_MISMATCH", "master", `${certificate} is not valid today; it has to be renewed there`];
    case "other-name": {
      const text = `${certificate} is for other names: ${message}; the master has to name the server as its certificate does`;
      return ["SPARK_TLS_MISMATCH", "master", text];
    }
    case "not-believed": {
      const who = /^DEPTH_ZERO/.test(code)
        ? "is signed by itself alone"
        : "is signed by an authority that is not known here";
      const what = shown.authorities
        ? "those that are given (spark.tls.ca, --connect-ca) do not include it"
        : "give it as spark.tls.ca, with --connect-ca FILE, or in the file that NODE_EXTRA_CA_CERTS names";
      return ["SPARK_TLS_MISMATCH", "spark.tls.ca", `${certificate} ${who}: ${what}`];
    }
    case "not-tls": {
      const text = `${address} does not speak TLS as use_ssl, a token or spark.tls asks for; without it the master needs use_ssl=false, and no token`;
      return ["SPARK_TLS_MISMATCH", "use_ssl", text];
    }
    case "not-agreed": {
      const text = `${address} and this client have no version or cipher of TLS in common, or a certificate of the client is asked for (spark.tls.cert and spark.tls.key)`;
      return ["SPARK_TLS_MISMATCH", "spark.tls.cert", text];
    }
    case "no-protocol": {
      const text = `${address} speaks TLS without HTTP/2, which gRPC needs: a proxy there has to offer it (ALPN h2)`;
      return ["SPARK_ENDPOINT_INVALID", "master", text];
    }
  }
}
