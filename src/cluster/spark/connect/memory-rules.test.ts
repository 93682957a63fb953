import assert from "node:assert/strict";
import { test } from "node:test";
import { spark42 } from "../versions/spark-4-2.ts";
import { ruleFor } from "./errors/failure-rules.ts";

const target = {
  address: "h:15002",
  shown: { token: "none", tokenExpiredAt: undefined, certificate: false, authorities: false } as const,
  useTls: false,
  sparkVersion: "4.2.0",
  dialect: spark42,
};
/** As Spark 3.5 to 4.2 begin. */
const lost =
  "Job aborted due to stage failure: Task 0 in stage 4.0 failed 4 times, most recent failure: Lost task 0.3 in stage 4.0 (TID 5) (10.1.2.3 executor 7): ";
const ofApp = `${lost}ExecutorLostFailure (executor 7 exited caused by one of the running tasks) Reason: `;

// Texts are Spark's own.
const cases: readonly [what: string, text: string, message: RegExp, data: Readonly<Record<string, unknown>>][] = [
  [
    "YARN, with its numbers",
    `${ofApp}Container killed by YARN for exceeding physical memory limits. 1.2 GB of 896 MB physical memory used. Consider boosting spark.executor.memoryOverhead.\nDriver stacktrace:`,
    /^YARN killed Spark's executor 7 on 10\.1\.2\.3, whose container exceeded its physical memory \(1\.2 GB of 896 MB used\): raise spark\.executor\.memoryOverhead/,
    { setting: "spark.executor.memoryOverhead", host: "10.1.2.3", executor: "7", used: "1.2 GB", limit: "896 MB" },
  ],
  [
    "YARN, without numbers",
    `${ofApp}Container killed by YARN for exceeding virtual memory limits. Consider boosting spark.executor.memoryOverhead`,
    /whose container exceeded its virtual memory: raise/,
    { setting: "spark.executor.memoryOverhead", host: "10.1.2.3", executor: "7" },
  ],
  [
    "Kubernetes",
    `${ofApp}\nThe executor with id 7 exited with exit code 137(SIGKILL, possible container OOM).\n\nThe API gave the following container statuses:\n\t container state: terminated\n\t exit code: 137\n\t termination reason: OOMKilled`,
    /^Kubernetes killed Spark's executor 7 on 10\.1\.2\.3/,
    { setting: "spark.executor.memoryOverhead", host: "10.1.2.3", executor: "7" },
  ],
  [
    "the Java machine, by its exit code",
    `${ofApp}Command exited with code 52`,
    /^the Java heap of Spark's executor 7 on 10\.1\.2\.3 was used up: raise spark\.executor\.memory where/,
    { setting: "spark.executor.memory", host: "10.1.2.3", executor: "7" },
  ],
  [
    "the Java machine, by its error",
    `${lost}java.lang.OutOfMemoryError: Java heap space\n\tat java.base/java.util.Arrays.copyOf(Arrays.java:3537)`,
    /raise spark\.executor\.memory where/,
    { setting: "spark.executor.memory", host: "10.1.2.3", executor: "7" },
  ],
];

for (const [what, text, message, data] of cases) {
  test(`memory that is exceeded is recognised in the words of ${what}`, () => {
    const failure = { text, errorClass: undefined, kinds: [], serverStack: undefined };
    const rule = ruleFor(failure);
    assert.equal(rule?.code, "SPARK_MEMORY_EXCEEDED");
    assert.match(rule.message(failure, target), message);
    assert.deepEqual(rule.data?.(failure), data);
  });
}

for (const reason of [
  "Container from a bad node: container_1_01_000009 on host: 10.1.2.3. Exit status: 137. Diagnostics: [Container exited with a non-zero exit code 137.\nKilled by external signal\n",
  "Command exited with code 137",
  "The executor with id 7 exited with exit code 137(SIGKILL, possible container OOM).",
]) {
  test(`who killed an executor is not known from: ${reason.slice(0, 50)}`, () => {
    const failure = { text: `${ofApp}${reason}`, errorClass: undefined, kinds: [], serverStack: undefined };
    const rule = ruleFor(failure);
    assert.equal(rule?.code, "WORKER_DIED");
    assert.match(
      rule.message(failure, target),
      /^Spark's executor 7 on 10\.1\.2\.3 was killed \(exit code 137\), .*raise spark\.executor\.memoryOverhead/,
    );
  });
}
