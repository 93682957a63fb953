import type { ConnectError } from "@connectrpc/connect";
import { DStreamError } from "../../../../errors/dstream-error.ts";
import { causesOf, nodeCodeOf } from "../../../../errors/shown/thrown.ts";
import type { Target } from "../target.ts";
import type { FailedRequest } from "./connect-error.ts";
import { httpAnswerError } from "./http-answer.ts";
import { tlsError } from "./tls-error.ts";

/** A call that no Spark Connect server answered: says which address, what happened there, and what to try. */
export function unreachable(
  error: ConnectError,
  target: Target,
  request: FailedRequest,
  data: Readonly<Record<string, unknown>> = {},
): DStreamError {
  const known = tlsError(error, target) ?? httpAnswerError(error, target, request);
  if (known !== undefined) return known;
  const code = [...causesOf(error)].map(nodeCodeOf).find((found) => found !== undefined);
  const message = `no Spark Connect server answered ${request.what} at ${target.address} (${code ?? error.rawMessage})`;
  return new DStreamError("SPARK_UNREACHABLE", message, {
    cause: error,
    data: { ...data, ...(code !== undefined && { reason: code }) },
  });
}
