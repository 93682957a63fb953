// Every failure of a Spark Connect server, or on the way to it, as a DStreamError. What Spark says may quote the data, so it
// stays in the cause; the message has what is known otherwise.
import { Code, type ConnectError } from "@connectrpc/connect";
import type { ErrorCode } from "../../../errors/codes.ts";
import { DStreamError } from "../../../errors/dstream-error.ts";
import { isFromServer, isTransient } from "./retry.ts";
import type { SparkFailure } from "./spark-failure.ts";
import { unreachable } from "./unreachable.ts";
import { workerError } from "./worker-error.ts";

/** The request that failed, for messages. */
export interface FailedRequest {
  /** "the query", "setting the configuration". */
  readonly what: string;
  readonly operationId?: string;
}

/** The server that was asked. */
export interface Target {
  readonly address: string;
  readonly useTls: boolean;
  /** Undefined before its first answer. */
  readonly sparkVersion: string | undefined;
}

interface Rule {
  readonly code: ErrorCode;
  readonly matches: RegExp;
  readonly message: (failure: SparkFailure, target: Target) => string;
}

/** By Spark's condition or, where it has none, by words of its message; the first that fits. */
const rules: readonly Rule[] = [
  {
    code: "SPARK_SESSION_LOST",
    matches: /INVALID_HANDLE\.SESSION_/,
    message: (_, { address }) =>
      `the Spark server at ${address} no longer knows the session: it was restarted, or the session was closed or timed out there`,
  },
  {
    code: "SPARK_SESSION_LOST",
    matches: /stopped SparkContext|SparkContext was shut down/,
    message: (_, { address }) => `the Spark server at ${address} is shutting down, and its sessions with it`,
  },
  {
    code: "SPARK_UNREACHABLE",
    matches: /INVALID_HANDLE\.OPERATION_(NOT_FOUND|ABANDONED)|INVALID_CURSOR\.POSITION_NOT_AVAILABLE/,
    message: (_, { address }) => `the Spark server at ${address} no longer has the query whose connection broke`,
  },
  {
    code: "SPARK_CONNECTOR_MISSING",
    matches: /Failed to find (the )?data source: ["'`]?kafka/i,
    message: (_, { address, sparkVersion }) =>
      `the Spark server at ${address} has no Kafka connector: start it with --packages org.apache.spark:spark-sql-kafka-0-10_2.13:${sparkVersion}`,
  },
  {
    code: "TOPIC_NOT_FOUND",
    matches: /UnknownTopicOrPartition|KAFKA_(START|END)_OFFSET_DOES_NOT_MATCH_ASSIGNED/,
    message: ({ text }) => {
      const partitions = /Specified: Set\(([\w.,\s-]+)\)/.exec(text)?.[1];
      const what = partitions === undefined ? "a topic" : `a partition of ${partitions}`;
      return `Spark's Kafka source: ${what} of the batch does not exist (any more)`;
    },
  },
  {
    code: "OFFSET_OUT_OF_RANGE",
    matches: /OffsetOutOfRange|KAFKA_DATA_LOSS|Cannot fetch offset|offset .* out of range|Some data may have been lost/,
    message: ({ text }) => {
      const [, from, until, partition] = /offset \[(\d+), (\d+)\) for topic partition (\S+-\d+)/.exec(text) ?? [];
      const what = partition === undefined ? "offsets" : `of the offsets ${from} to ${until} of ${partition} some`;
      return `Spark's Kafka source: ${what} are not in the log (any more)`;
    },
  },
  {
    code: "BROKER_UNREACHABLE",
    matches: /kafka\S*TimeoutException|Timed out waiting for a node assignment/,
    message: () => "Spark's Kafka source cannot reach the brokers",
  },
  {
    code: "RESULT_TOO_LARGE",
    matches: /spark\.driver\.maxResultSize/,
    message: () => "the result is larger than the server's spark.driver.maxResultSize",
  },
  {
    code: "WORKER_DIED",
    matches: /Python worker exited unexpectedly|Python worker failed to connect back|ExecutorLostFailure/,
    message: () => "a worker or an executor of Spark ended before its task did",
  },
];

/** @param failure what the server tells about `error` */
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
  if (error.code === Code.Unauthenticated || error.code === Code.PermissionDenied) {
    const message = `the Spark server at ${target.address} refused the credentials; check token in the master`;
    return new DStreamError("AUTHENTICATION_FAILED", message, { cause, data });
  }
  if (!isFromServer(error) && error.code === Code.ResourceExhausted) {
    return new DStreamError("RESULT_TOO_LARGE", `one row or batch of ${request.what} is too large to be received`, {
      cause,
      data,
    });
  }
  if (!isFromServer(error) || isTransient(error)) return unreachable(error, target, request, data);
  const rule = rules.find(({ matches }) => matches.test(failure.errorClass ?? "") || matches.test(failure.text));
  if (rule !== undefined) return new DStreamError(rule.code, rule.message(failure, target), { cause, data });
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
