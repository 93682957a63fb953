// Answers that are none of gRPC: what is most often before a Spark server, or in its place, is a proxy that speaks HTTP.
import { STATUS_CODES } from "node:http";
import type { ConnectError } from "@connectrpc/connect";
import { DStreamError } from "../../../../errors/dstream-error.ts";
import type { Target } from "../target.ts";
import type { FailedRequest } from "./connect-error.ts";

/** The status of an answer that was not 200. */
export function httpStatusOf({ rawMessage }: ConnectError): number | undefined {
  const status = /^HTTP (\d{3})$/.exec(rawMessage)?.[1];
  return status === undefined ? undefined : Number(status);
}

/** "HTTP 503 (Service Unavailable)". */
export function statusText(status: number): string {
  const meaning = STATUS_CODES[status];
  return `HTTP ${status}${meaning === undefined ? "" : ` (${meaning})`}`;
}

const busyStatuses: readonly number[] = [408, 425, 429];

/** Undefined: the answer was one of gRPC, or there was none. */
export function httpAnswerError(error: ConnectError, target: Target, request: FailedRequest): DStreamError | undefined {
  const { address, sparkVersion } = target;
  // What has answered as a Spark server before is one that is being changed.
  const options = { cause: error, retryable: sparkVersion !== undefined };
  const status = httpStatusOf(error);
  if (status === undefined) {
    const type = /^unsupported content type (.+)$/.exec(error.rawMessage)?.[1];
    if (type === undefined) return undefined;
    const what = type === "null" ? "without a type" : `of type ${type.slice(0, 100)}`;
    const text = `${address} answered with content ${what}, not with gRPC: no Spark Connect server is there, or a proxy puts a page of its own in its place`;
    return new DStreamError("SPARK_ENDPOINT_INVALID", text, options);
  }
  const data = { status };
  const answered = `${address} answered ${request.what} with ${statusText(status)}`;
  if (status === 413) return tooLarge(answered, request, { cause: error, data });
  if (status >= 500 || busyStatuses.includes(status)) {
    const tried = request.triedMs === undefined ? "" : ` for ${request.triedMs / 1_000} s`;
    const meaning =
      status === 429
        ? "it takes no more requests now"
        : "a proxy there does not reach the Spark server, or that is not ready";
    return new DStreamError("SPARK_UNREACHABLE", `${answered}${tried}: ${meaning}`, { cause: error, data });
  }
  return new DStreamError("SPARK_ENDPOINT_INVALID", `${answered}: ${meaningOf(status, error, target)}`, {
    ...options,
    data,
  });
}

function tooLarge(
  answered: string,
  { sentBytes }: FailedRequest,
  { cause, data }: { readonly cause: ConnectError; readonly data: { readonly status: number } },
): DStreamError {
  const size = sentBytes === undefined ? "of this size" : `of ${(sentBytes / 1_000_000).toFixed(1)} MB`;
  const text = `${answered}: a proxy there lets no request ${size} through; raise its limit for the body of a request (nginx: client_max_body_size, 0 for none)`;
  return new DStreamError("SPARK_REQUEST_TOO_LARGE", text, {
    cause,
    data: { ...data, ...(sentBytes !== undefined && { bytes: sentBytes }) },
  });
}

function meaningOf(status: number, { metadata }: ConnectError, { useTls, shown }: Target): string {
  if (status >= 300 && status < 400) {
    const to = originOf(metadata.get("location"));
    return `a redirection${to === undefined ? "" : ` to ${to}`}, as to a page for signing in; the master has to name the Spark Connect server itself, and its proxy to let it pass`;
  }
  if (status === 400 && useTls) {
    const certificate = shown.certificate
      ? "do not believe the client's certificate"
      : "miss a certificate of the client";
    return `no request of gRPC is taken there; some proxies say so where they ${certificate} (spark.tls.cert and spark.tls.key)`;
  }
  return "no Spark Connect server is there, or a proxy does not pass gRPC on (HTTP/2, paths below /spark.connect.SparkConnectService/)";
}

/** Without the rest of the address, which may hold what nobody is to see. */
function originOf(location: string | null): string | undefined {
  if (location === null || !URL.canParse(location)) return undefined;
  return new URL(location).origin;
}
