import assert from "node:assert/strict";
import { test } from "node:test";
import { spark42 } from "../../versions/spark-4-2.ts";
import { ruleFor } from "./failure-rules.ts";

const shown = { token: "none", tokenExpiredAt: undefined, certificate: false, authorities: false } as const;
const target = { address: "h:15002", useTls: false, sparkVersion: "4.2.0", dialect: spark42, shown };
const aborted =
  "Job aborted due to stage failure: Task 0 in stage 1.0 failed 1 times, most recent failure: Lost task 0.0: ";

// Texts are Spark's own, shortened.
const cases: readonly [text: string, code: string, retryable: boolean | undefined, message: RegExp][] = [
  [
    "[INVALID_HANDLE.SESSION_NOT_FOUND] The handle 0 is invalid. Session not found.",
    "SPARK_SESSION_LOST",
    undefined,
    /h:15002 no longer knows the session/,
  ],
  [
    "Cannot call methods on a stopped SparkContext.\nThis stopped SparkContext was created at:",
    "SPARK_CONTEXT_STOPPED",
    undefined,
    /SparkContext of the Spark server at h:15002 has stopped: restart the Connect server/,
  ],
  [
    'Cannot invoke "org.apache.spark.SparkEnv.conf()" because the return value of "org.apache.spark.SparkEnv$.get()" is null',
    "SPARK_CONTEXT_STOPPED",
    undefined,
    /has stopped/,
  ],
  ["Job 3 cancelled because SparkContext was shut down", "SPARK_CONTEXT_STOPPED", undefined, /has stopped/],
  [
    "[INVALID_HANDLE.OPERATION_ABANDONED] The handle 0 is invalid.",
    "SPARK_UNREACHABLE",
    undefined,
    /no longer has the query/,
  ],
  [
    "Failed to find data source: kafka. Please deploy the application as per the deployment section",
    "SPARK_CONNECTOR_MISSING",
    undefined,
    /spark-sql-kafka-0-10_2\.13:4\.2\.0$/,
  ],
  [
    "org.apache.kafka.common.errors.UnknownTopicOrPartitionException: This server does not host this topic-partition.",
    "TOPIC_NOT_FOUND",
    undefined,
    /a topic of the batch does not exist/,
  ],
  [
    "Some data may have been lost\nReason: Could not read records in offset [5, 9) for topic partition a-b-0\nwith consumer group",
    "OFFSET_OUT_OF_RANGE",
    undefined,
    /of the offsets 5 to 9 of a-b-0 some are not in the log/,
  ],
  [
    "org.apache.kafka.common.errors.TimeoutException: Timed out waiting for a node assignment. Call: listNodes",
    "BROKER_UNREACHABLE",
    undefined,
    /cannot reach the brokers/,
  ],
  [
    `${aborted}Total size of serialized results of 9 tasks (2.0 GiB) is bigger than spark.driver.maxResultSize (1024.0 MiB)`,
    "RESULT_TOO_LARGE",
    undefined,
    /the server's spark\.driver\.maxResultSize/,
  ],
  [
    `${aborted}org.apache.spark.SparkException: \nError from python worker:\n  /x: 2: exec: /y/node: Exec format error\nPYTHONPATH was:\n  /z\nEOFException occurred while reading the port number from pyspark.daemon's stdout.`,
    "WORKER_DIED",
    false,
    /cannot start the worker \(\/x: 2: exec: \/y\/node: Exec format error\); is the Node that was shipped for the executors' platform/,
  ],
  [
    `${aborted}java.io.IOException: Cannot run program "/x/dstream-worker" (in directory "/y"): error=13, Permission denied\n\tat java.base`,
    "WORKER_DIED",
    false,
    /cannot start the worker \(error=13, Permission denied\);/,
  ],
  [`${aborted}Python worker exited unexpectedly (crashed).`, "WORKER_DIED", undefined, /ended before its task did/],
  [
    `${aborted}java.io.EOFException\n\tat java.base/java.io.DataInputStream.readInt(DataInputStream.java:386)\n\tat org.apache.spark.security.SocketAuthHelper.readUtf8(SocketAuthHelper.scala:116)`,
    "WORKER_DIED",
    undefined,
    /ended before its task did/,
  ],
  [
    `${aborted}Lost task 1.4 in stage 0.0 (TID 8) (10.99.0.3 executor 5): java.io.IOException: No space left on device\n\tat java.base`,
    "SPARK_DISK_FULL",
    undefined,
    /^a disk of 10\.99\.0\.3 is full,/,
  ],
  [
    `${aborted}ExecutorLostFailure (executor 1 exited caused by one of the running tasks)`,
    "WORKER_DIED",
    undefined,
    /executor/,
  ],
];

for (const [text, code, retryable, message] of cases) {
  test(`${code} is recognised in: ${text.replace(aborted, "").slice(0, 60).replaceAll("\n", " ")}`, () => {
    const failure = { text, errorClass: undefined, kinds: [], serverStack: undefined };
    const rule = ruleFor(failure);
    assert.deepEqual([rule?.code, rule?.retryable], [code, retryable]);
    assert.match(rule?.message(failure, target) as string, message);
  });
}

test("a condition is enough, and other failures have no rule", () => {
  const failure = { text: "", kinds: [], serverStack: undefined };
  assert.equal(ruleFor({ ...failure, errorClass: "INVALID_HANDLE.SESSION_CHANGED" })?.code, "SPARK_SESSION_LOST");
  assert.equal(ruleFor({ ...failure, errorClass: "CAST_INVALID_INPUT" }), undefined);
});
