import { Code, type ConnectError } from "@connectrpc/connect";
import { DStreamError, type DStreamErrorOptions } from "../../../../errors/dstream-error.ts";
import type { Target } from "../target.ts";
import { httpStatusOf, statusText } from "./http-answer.ts";

/** The server, or a proxy before it, refused who is asking. */
export function authenticationError(error: ConnectError, target: Target, options: DStreamErrorOptions): DStreamError {
  const status = httpStatusOf(error);
  const code =
    status === undefined ? Code[error.code]?.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase() : statusText(status);
  const text = `the Spark server at ${target.address} ${meaningOf(error, target)} (${code})`;
  return new DStreamError("SPARK_AUTHENTICATION_FAILED", text, options);
}

function meaningOf(error: ConnectError, { shown, sparkVersion }: Target): string {
  if (shown.token === "none") {
    return "wants a token: give one as token in the master, or as spark.token";
  }
  if (shown.token === "headers") {
    return "did not take the headers that it was shown: correct them, or give a token; functions in spark.headers are asked again when that happens";
  }
  const isOver = /expired/i.test(`${error.rawMessage} ${error.metadata.get("www-authenticate") ?? ""}`);
  const expired =
    shown.tokenExpiredAt !== undefined
      ? `the token, which expired at ${shown.tokenExpiredAt.toISOString()}`
      : isOver
        ? "the token, which has expired"
        : "the token";
  if (error.code === Code.PermissionDenied) return `refused ${expired}, or does not allow its holder to do this`;
  if (shown.token === "function")
    return `refused ${expired}: it is the newest that spark.token, or spark.headers, gives`;
  const wasAccepted = sparkVersion !== undefined;
  return wasAccepted
    ? `refused ${expired}, which it took before: give spark.token a function, which is asked again when that happens`
    : `refused ${expired}: check token in the master, or spark.token`;
}
