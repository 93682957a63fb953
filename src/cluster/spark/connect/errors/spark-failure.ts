// What Spark says about a failure: the gRPC status has a cut text and an id, by which the server tells the whole.
import type { ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "../gen/google-rpc.ts";
import type { FetchErrorDetailsResponse, FetchErrorDetailsResponse_Error } from "../gen/spark-connect.ts";

const framesMax = 30;

export interface SparkFailure {
  /** The whole message of the failure, and below it those of its causes. */
  readonly text: string;
  /** Spark's name of the condition, like "INVALID_HANDLE.SESSION_CLOSED". */
  readonly errorClass: string | undefined;
  /** The Java class of the exception and its parents. */
  readonly kinds: readonly string[];
  /** Where the server threw; only with spark.sql.connect.serverStacktrace.enabled. */
  readonly serverStack: string | undefined;
}

/** What the status itself has. */
export function failureOf(error: ConnectError): SparkFailure & { readonly errorId: string | undefined } {
  const metadata = error.findDetails(ErrorInfoSchema)[0]?.metadata ?? {};
  return {
    text: error.rawMessage,
    errorClass: metadata.errorClass ?? /^\[([A-Z_]+(?:\.[A-Z_]+)*)\]/.exec(error.rawMessage)?.[1],
    kinds: parseKinds(metadata.classes),
    serverStack: metadata.stackTrace,
    errorId: metadata.errorId,
  };
}

/** The same with what the server told by the error's id. */
export function enrichFailure(failure: SparkFailure, details: FetchErrorDetailsResponse): SparkFailure {
  const chain = [...causes(details)];
  const [root] = chain;
  if (root === undefined) return failure;
  return {
    text: chain.map(({ message }) => message).join("\ncaused by: "),
    errorClass: root.sparkThrowable?.errorClass ?? failure.errorClass,
    kinds: root.errorTypeHierarchy,
    serverStack: root.stackTrace.length === 0 ? failure.serverStack : stackText(root),
  };
}

function* causes({ errors, rootErrorIdx }: FetchErrorDetailsResponse): Generator<FetchErrorDetailsResponse_Error> {
  const seen = new Set<number>();
  for (let at = rootErrorIdx; at !== undefined && !seen.has(at); at = errors[at]?.causeIdx) {
    seen.add(at);
    const error = errors[at];
    if (error !== undefined) yield error;
  }
}

function parseKinds(json: string | undefined): string[] {
  // The server cuts long values, so what should be a list may be half of one.
  return [...(json ?? "").matchAll(/"([\w.$]+)"/g)].map(([, kind]) => kind as string);
}

function stackText({ stackTrace }: FetchErrorDetailsResponse_Error): string {
  return stackTrace
    .slice(0, framesMax)
    .map(({ declaringClass, methodName, fileName, lineNumber }) => {
      const place = fileName === undefined ? "unknown" : `${fileName}:${lineNumber}`;
      return `    at ${declaringClass}.${methodName}(${place})`;
    })
    .join("\n");
}
