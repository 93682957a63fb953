// Every failure of a Spark Connect server, or on the way to it, as a DStreamError. What Spark says may quote the data, so it
// stays in the cause; the message has what is known otherwise.
import { Code, type ConnectError } from "@connectrpc/connect";
import { DStreamError } from "../../../../errors/dstream-error.ts";
import { contextStoppedText, isWithoutContext } from "../context-stopped.ts";
import { isRefusal } from "../credentials.ts";
import { isFromServer, isTransient } from "../retry.ts";
import type { Target } from "../target.ts";
import { authenticationError } from "./authentication-error.ts";
import { ruleFor } from "./failure-rules.ts";
import type { SparkFailure } from "./spark-failure.ts";
import { unreachable } from "./unreachable.ts";
import { workerError } from "./worker-error.ts";

/** The request that failed, for messages. */
export interface FailedRequest {
  /** "the query", "setting the configuration". */
  readonly what: string;
  readonly operationId?: string;
  /** What was to be uploaded. */
  readonly sentBytes?: number;
  /** For how long it was tried, where that was more than once. */
  readonly triedMs?: number;
  /** The server makes the session with it. */
  readonly makesSession?: boolean | undefined;
}

/** `failure` is what the server tells about `error`. */
export function toDStreamError(
  error: ConnectError,
  failure: SparkFailure,
  target: Target,
  request: FailedRequest,
): DStreamError {
  const ofWorker = workerError(failure.text);
  if (ofWorker !== undefined) return ofWorker;
  const data = {
    ...(failure.errorClass && { errorClass: failure.errorClass }),
    ...(request.operationId && { operationId: request.operationId }),
  };
  const cause = sparkError(failure);
  if (isRefusal(error) && !/HTTP_1_1_REQUIRED|INADEQUATE_SECURITY/.test(error.rawMessage))
    return authenticationError(error, target, { cause, data });
  if (target.sparkVersion === undefined && isFromServer(error) && error.code === Code.Unimplemented) {
    const text = `what answers at ${target.address} speaks gRPC, and is no Spark Connect server`;
    return new DStreamError("SPARK_ENDPOINT_INVALID", text, { cause, data });
  }
  if (!isFromServer(error) && error.code === Code.ResourceExhausted) {
    if (target.sparkVersion === undefined) {
      const text = `what answers at ${target.address} says that it is gRPC, and is not (${error.rawMessage})`;
      return new DStreamError("SPARK_ENDPOINT_INVALID", text, { cause: error, data });
    }
    const message = `${request.what} was answered with a message that is too large: ${error.rawMessage}`;
    return new DStreamError("RESULT_TOO_LARGE", message, { cause, data });
  }
  if (!isFromServer(error) || isTransient(error)) return unreachable(error, target, request, data);
  const rule = ruleFor(failure);
  if (rule !== undefined) {
    const retryable = rule.retryable === undefined ? {} : { retryable: rule.retryable };
    const facts = { ...data, ...rule.data?.(failure) };
    return new DStreamError(rule.code, rule.message(failure, target), { cause, data: facts, ...retryable });
  }
  if (isWithoutContext(error, failure, request.makesSession === true))
    return new DStreamError("SPARK_CONTEXT_STOPPED", contextStoppedText(target.address), { cause, data });
  const condition = failure.errorClass ?? failure.kinds[0]?.split(".").at(-1) ?? Code[error.code];
  return new DStreamError("SPARK_QUERY_FAILED", `Spark failed at ${request.what}: ${condition}`, { cause, data });
}

/** Spark's exception as it is. */
function sparkError({ text, kinds, serverStack }: SparkFailure): Error {
  const error = new Error(text);
  error.name = kinds[0]?.split(".").at(-1) ?? "SparkException";
  error.stack = `${error.name}: ${text}${serverStack === undefined ? "" : `\n${serverStack}`}`;
  return error;
}
