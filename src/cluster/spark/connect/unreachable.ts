import type { ConnectError } from "@connectrpc/connect";
import { DStreamError } from "../../../errors/dstream-error.ts";
import type { FailedRequest } from "./connect-error.ts";
import type { Target } from "./target.ts";

/** A call that no Spark Connect server answered: says which address, what happened there, and what to try. */
export function unreachable(
  error: ConnectError,
  { address, useTls, sparkVersion }: Target,
  { what }: FailedRequest,
  data: Readonly<Record<string, unknown>> = {},
): DStreamError {
  const code = nodeCode(error);
  if (code !== undefined && /^ERR_SSL|^EPROTO$/.test(code)) {
    const message = `${address} does not speak TLS as use_ssl or the token asks for (${code})`;
    return new DStreamError("TLS_MISMATCH", message, { cause: error, data });
  }
  if (code !== undefined && /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code)) {
    const message = `the certificate of ${address} is not trusted (${code}); NODE_EXTRA_CA_CERTS names a file of further authorities`;
    return new DStreamError("TLS_MISMATCH", message, { cause: error, data });
  }
  const mayWantTls = !useTls && sparkVersion === undefined && code !== "ECONNREFUSED" && code !== "ENOTFOUND";
  const hint = mayWantTls ? "; if it asks for TLS, add use_ssl=true" : "";
  const message = `no Spark Connect server answered ${what} at ${address} (${code ?? error.rawMessage})${hint}`;
  return new DStreamError("SPARK_UNREACHABLE", message, { cause: error, data });
}

function nodeCode(error: unknown, depth = 0): string | undefined {
  if (!(error instanceof Error) || depth > 8) return undefined;
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? code : nodeCode(error.cause, depth + 1);
}
