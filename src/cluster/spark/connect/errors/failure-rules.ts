// What is known of Spark's failures: the words by which one is recognised, and what it means for a job. The words are those of
// Spark 4.2 and its Kafka connector; test/spark has most of them from a real server.
import type { ErrorCode } from "../../../../errors/codes.ts";
import { contextStoppedText } from "../context-stopped.ts";
import { killedExecutorText, memoryRules } from "../memory-rules.ts";
import { sessionLostText } from "../session/session-lost.ts";
import type { Target } from "../target.ts";
import type { SparkFailure } from "./spark-failure.ts";

export interface Rule {
  readonly code: ErrorCode;
  readonly matches: RegExp;
  /** Default: what the code's table says. */
  readonly retryable?: boolean;
  readonly message: (failure: SparkFailure, target: Target) => string;
  /** Facts for programs. */
  readonly data?: (failure: SparkFailure) => Readonly<Record<string, unknown>>;
}

/** The first that fits: by Spark's condition or, where it has none, by words of its message. */
export function ruleFor({ errorClass = "", text }: SparkFailure): Rule | undefined {
  return rules.find(({ matches }) => matches.test(errorClass) || matches.test(text));
}

const rules: readonly Rule[] = [
  {
    code: "SPARK_SESSION_LOST",
    matches: /INVALID_HANDLE\.SESSION_/,
    message: (_, { address }) => sessionLostText(address),
  },
  {
    code: "SPARK_CONTEXT_STOPPED",
    matches: /stopped SparkContext|SparkContext was shut down|"org\.apache\.spark\.SparkEnv\$\.get\(\)" is null/,
    message: (_, { address }) => contextStoppedText(address),
  },
  {
    code: "SPARK_UNREACHABLE",
    matches: /INVALID_HANDLE\.OPERATION_(NOT_FOUND|ABANDONED)|INVALID_CURSOR\.POSITION_NOT_AVAILABLE/,
    message: (_, { address }) => `the Spark server at ${address} no longer has the query whose connection broke`,
  },
  {
    code: "SPARK_CONNECTOR_MISSING",
    matches: /Failed to find (the )?data source: ["'`]?kafka/i,
    message: (_, { address, sparkVersion, dialect }) =>
      `the Spark server at ${address} has no Kafka connector: start it with --packages org.apache.spark:spark-sql-kafka-0-10_${dialect?.scala ?? "2.13"}:${sparkVersion}`,
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
    message: () =>
      "the result is larger than the server's spark.driver.maxResultSize; raise that, since a batch that is planned keeps its size",
  },
  ...memoryRules,
  {
    code: "SPARK_DISK_FULL",
    matches: /No space left on device/,
    message: ({ text }) => {
      const host = /\((\S+) executor \S+?\): [^\n]*No space left on device/.exec(text)?.[1] ?? "a host of the cluster";
      return `a disk of ${host} is full, where an executor has its own files (spark.local.dir, or its work folder)`;
    },
  },
  {
    code: "WORKER_DIED",
    retryable: false,
    matches: /Cannot run program|reading the port number from pyspark\.daemon/,
    message: ({ text }) => {
      const reason = /Error from python worker:\s*(.+)/.exec(text) ?? /Cannot run program .*?: (error=.+)/.exec(text);
      const hint = "is the Node that was shipped for the executors' platform, and may their folders run programs?";
      return `an executor cannot start the worker${reason === null ? "" : ` (${reason[1]})`}; ${hint}`;
    },
  },
  {
    code: "WORKER_DIED",
    matches:
      /Python worker exited unexpectedly|Python worker failed to connect back|ExecutorLostFailure|EOFException\s+at .*\s+at .*SocketAuthHelper/,
    message: ({ text }) => killedExecutorText(text) ?? "a worker or an executor of Spark ended before its task did",
  },
];
