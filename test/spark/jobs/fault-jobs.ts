import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DStream, StreamingContext } from "dstream";
import { SteppedJobs } from "../../support/spark/stepped-jobs.ts";

// Jobs that break what runs them, in batch 2 and once: what was done already is noted in a folder that all processes share, since
// Spark runs a task again without telling.

const words = ["a", "b", "a", "c", "a", "b", "d", "e"];

/** True for the first of all processes that asks. */
function isFirst(folder: string, what: string): boolean {
  try {
    writeFileSync(join(folder, what), String(process.pid), { flag: "wx" });
    return true;
  } catch {
    return false;
  }
}

/** Says that it is there, and waits for the test to say `go`. */
function meet(folder: string): void {
  if (!isFirst(folder, "there")) return;
  while (!existsSync(join(folder, "go"))) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
}

/** The process that is this one's executor, above the worker's daemon. */
function executor(): number {
  let pid = process.ppid;
  while (!readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("CoarseGrainedExecutorBackend")) {
    const [, parent] = /^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    pid = Number(parent);
    if (pid <= 1) throw new Error("no executor above this process");
  }
  return pid;
}

function killExecutor(folder: string): void {
  if (!isFirst(folder, "killed")) return;
  process.kill(executor(), "SIGKILL");
  // The task must not end before its executor does.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5_000);
}

type Word = readonly [string, number];
type Fault = (folder: string) => void;

/**
 * Totals of words, at stage 2 by the length of the word, too; `faults` happen in tasks of these stages in batch 2: behind the
 * last, that is while state files of stage 1 are written already.
 */
function totals(ssc: StreamingContext, folder: string, faults: readonly Fault[]): DStream<Word> {
  const at = (stage: number) => {
    return <T>(rows: Iterable<T>, { batchTime }: { readonly batchTime: number }): Iterable<T> => {
      const all = [...rows];
      if (batchTime === 2_000 && all.length > 0) faults[stage]?.(folder);
      return all;
    };
  };
  const counted = ssc
    .queueStream([words, words, words, words], { numPartitions: 2 })
    .mapPartitions(at(0))
    .map((word) => [word, 1] as const)
    .updateStateByKey<number>((ones, total = 0) => total + ones.length)
    .mapPartitions(at(1));
  return counted.reduceByKey((a, b) => a + b).mapPartitions(at(2)) as DStream<Word>;
}

/** Counts of a batch's words, without state; the fault happens in a task of the batch's second stage. */
function counts(ssc: StreamingContext, folder: string, fault: Fault): DStream<Word> {
  return ssc
    .queueStream([words, words, words, words], { numPartitions: 2 })
    .map((word) => [word, 1] as const)
    .reduceByKey((a, b) => a + b)
    .mapPartitions((rows, { batchTime }) => {
      const all = [...rows];
      if (batchTime === 2_000 && all.length > 0) fault(folder);
      return all;
    }) as DStream<Word>;
}

const none: Fault = () => {};
const killWorker: Fault = (folder) => {
  if (isFirst(folder, "killed")) process.kill(process.pid, "SIGKILL");
};

export const faultJobs = new SteppedJobs(import.meta.url, {
  workerKilledReading: (ssc, folder) => totals(ssc, folder, [killWorker]),
  workerKilledBehindState: (ssc, folder) => totals(ssc, folder, [none, killWorker]),
  workerKilledAtTheEnd: (ssc, folder) => totals(ssc, folder, [none, none, killWorker]),
  executorKilledReading: (ssc, folder) => totals(ssc, folder, [killExecutor]),
  executorKilledAtTheEnd: (ssc, folder) => totals(ssc, folder, [none, none, killExecutor]),
  meetsTheTest: (ssc, folder) => totals(ssc, folder, [none, meet]),
  statelessExecutorKilled: (ssc, folder) => counts(ssc, folder, killExecutor),
  statelessMeetsTheTest: (ssc, folder) => counts(ssc, folder, meet),
  // The partition, how many rows it has, and the processes of worker and executor.
  places: (ssc) =>
    ssc
      .queueStream([Array.from({ length: 8 }, (_, i) => i)], { numPartitions: 8 })
      .mapPartitions((rows, { partition }) => {
        // Long enough that one executor does not take all of them.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
        return [[partition, [...rows].length, process.pid, executor()]];
      }),
});

/** What `totals` gives in batch `n`, from 1. */
export function totalsOf(n: number): [string, number][] {
  return [..."abcde"].map((word) => [word, n * words.filter((each) => each === word).length]);
}

await faultJobs.serve();
