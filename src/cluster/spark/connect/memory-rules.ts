// Memory that was exceeded, in the words of those who look after it: YARN, Kubernetes, the executor's Java machine. What becomes of
// Node's own heap says the worker's daemon.
import type { Rule } from "./errors/failure-rules.ts";
import type { SparkFailure } from "./errors/spark-failure.ts";

const where = "where the Connect server is started";
const amount = "[\\d.]+ ?[KMGT]?i?B";
const byYarn = new RegExp(
  `killed by YARN for exceeding (physical|virtual) memory limits\\.(?:\\s*(${amount}) of (${amount}) (?:physical|virtual) memory used)?`,
);
const byKubernetes = /OOMKilled/;
const byJava =
  /java\.lang\.OutOfMemoryError: (Java heap space|GC overhead limit exceeded)|(?:exited with (?:exit )?code|Exit status:) 52\b/;
const lostTask = /Lost task \S+ in stage \S+ \(TID \d+\) \((\S+) executor (\S+?)\)/;
const killed = /(?:exit code|Exit status:|exited with code|exit status) 137\b/;

/** Of the task that failed last, as Spark says it. */
function executorOf(text: string): { readonly host: string; readonly executor: string } | undefined {
  const [, host, executor] = lostTask.exec(text) ?? [];
  return host === undefined || executor === undefined ? undefined : { host, executor };
}

function named(text: string): string {
  const found = executorOf(text);
  return found === undefined ? "an executor of Spark" : `Spark's executor ${found.executor} on ${found.host}`;
}

function facts(setting: string): (failure: SparkFailure) => Readonly<Record<string, unknown>> {
  return ({ text }) => {
    const [, , used, limit] = byYarn.exec(text) ?? [];
    return { setting, ...executorOf(text), ...(used !== undefined && { used, limit }) };
  };
}

/** For an executor whose process was killed, no matter by whom; undefined where that is not what happened. */
export function killedExecutorText(text: string): string | undefined {
  if (!killed.test(text)) return undefined;
  return `${named(text)} was killed (exit code 137), by somebody or by a system whose memory was used up: if that repeats, raise spark.executor.memoryOverhead ${where}`;
}

export const memoryRules: readonly Rule[] = [
  {
    code: "SPARK_MEMORY_EXCEEDED",
    matches: byYarn,
    message: ({ text }) => {
      const [, kind, used, limit] = byYarn.exec(text) ?? [];
      const numbers = used === undefined ? "" : ` (${used} of ${limit} used)`;
      return `YARN killed ${named(text)}, whose container exceeded its ${kind} memory${numbers}: raise spark.executor.memoryOverhead ${where}; the workers' memory is part of it`;
    },
    data: facts("spark.executor.memoryOverhead"),
  },
  {
    code: "SPARK_MEMORY_EXCEEDED",
    matches: byKubernetes,
    message: ({ text }) =>
      `Kubernetes killed ${named(text)}, whose container exceeded its memory: raise spark.executor.memoryOverhead ${where}; the workers' memory is part of it`,
    data: facts("spark.executor.memoryOverhead"),
  },
  {
    code: "SPARK_MEMORY_EXCEEDED",
    matches: byJava,
    message: ({ text }) => `the Java heap of ${named(text)} was used up: raise spark.executor.memory ${where}`,
    data: facts("spark.executor.memory"),
  },
];
