import { DStreamError } from "../../errors/dstream-error.ts";
import { describeGraph } from "../../plan/describe-graph.ts";
import { isStateful, type Plan } from "../../plan/plan.ts";
import { runOptions } from "../../runtime/role.ts";
import type { TaskResult, TaskSpec } from "../../task/task-spec.ts";
import type { BatchResult, BatchSpec, Cluster, ClusterJob } from "../cluster.ts";
import { compareGraphs } from "../compare-graphs.ts";
import { buildHash } from "./build-hash.ts";
import { runLevels } from "./run-levels.ts";
import { type Registration, WorkerThread } from "./worker-thread.ts";

const stopTimeoutMs = 5_000;

/**
 * `local[n]`: n worker threads. Tasks that read sources go to whichever thread is free; tasks behind a shuffle always to the
 * thread of their partition, where its state is.
 */
export class ThreadCluster implements Cluster {
  readonly slots: number;
  #threads: WorkerThread[] = [];
  #plan: Plan | undefined;

  constructor(slots: number) {
    this.slots = slots;
  }

  async open(): Promise<void> {}

  async start({ plan, maxResultBytes, jobFile, jobArguments }: ClusterJob): Promise<void> {
    this.#plan = plan;
    const hash = await buildHash(jobFile);
    const data = { jobFile, jobArguments, runOptions: runOptions() };
    this.#threads = Array.from({ length: this.slots }, () => new WorkerThread(data));
    const expected = { description: describeGraph(plan.graph), buildHash: hash };
    try {
      for (const thread of this.#threads) compare(expected, await thread.registered(), jobFile);
    } catch (error) {
      await this.stop();
      throw error;
    }
    for (const thread of this.#threads) thread.send({ type: "start", parallelism: plan.parallelism, maxResultBytes });
  }

  async runBatch(batch: BatchSpec, signal: AbortSignal): Promise<BatchResult> {
    const plan = this.#plan;
    if (plan === undefined) throw new Error("the cluster was not started");
    const abort = (): void => {
      for (const thread of this.#threads) thread.send({ type: "abort" });
    };
    signal.addEventListener("abort", abort, { once: true });
    try {
      return await runLevels(plan, batch, (tasks) => this.#runTasks(tasks, signal));
    } catch (error) {
      if (error instanceof DStreamError && error.code === "WORKER_DIED" && isStateful(plan.graph))
        throw stateLost(error);
      throw error;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  async commit(time: number): Promise<void> {
    for (const thread of this.#threads) thread.send({ type: "commit", time });
  }

  async stop(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.stop(stopTimeoutMs)));
    this.#threads = [];
  }

  /** Each thread takes its own tasks first, then those that any may take. All settle before the first failure is thrown. */
  async #runTasks(tasks: readonly TaskSpec[], signal: AbortSignal): Promise<TaskResult[]> {
    const free = tasks.filter((task) => task.level === 0);
    const results: TaskResult[] = [];
    const work = this.#threads.map(async (thread, slot) => {
      const own = tasks.filter((task) => task.level > 0 && task.index % this.slots === slot);
      for (let task = own.shift() ?? free.shift(); task !== undefined; task = own.shift() ?? free.shift()) {
        signal.throwIfAborted();
        results.push(await thread.run(task));
      }
    });
    const failed = (await Promise.allSettled(work)).find((outcome) => outcome.status === "rejected");
    if (failed !== undefined) throw failed.reason;
    return results;
  }
}

function compare(driver: Registration, worker: Registration, jobFile: string): void {
  if (driver.buildHash !== worker.buildHash) {
    throw new DStreamError("BUILD_MISMATCH", `${jobFile} changed between the driver's start and the worker's`);
  }
  compareGraphs(driver.description, worker.description, jobFile);
}

function stateLost(error: DStreamError): DStreamError {
  return new DStreamError("WORKER_DIED", "a worker thread ended, and with it the state it held in memory", {
    cause: error.cause ?? error,
    retryable: false,
  });
}
