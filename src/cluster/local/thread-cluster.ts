import { DStreamError } from "../../errors/dstream-error.ts";
import { isStateful, numPartitionsOf, type Plan } from "../../plan/plan.ts";
import type { Activity } from "../../runtime/activity.ts";
import type { AskedState, FoundInMemory } from "../../state/query/asked-state.ts";
import type { TaskResult, TaskSpec } from "../../task/task-spec.ts";
import type { BatchResult, BatchSpec, Cluster, ClusterJob } from "../cluster.ts";
import { type RunTasks, runStages } from "./run-stages.ts";
import { ThreadPool } from "./thread-pool.ts";
import type { Workers } from "./worker-port.ts";

/** Batches that have to begin without a death between tasks until an earlier one is forgotten. */
const batchesForADeath = 10;

/**
 * `local[n]`: n worker threads. Tasks that read sources go to whichever thread is free; tasks behind a shuffle always to the
 * thread of their partition, where its state is. When a thread dies its batch fails, and is run again on a new thread.
 */
export class ThreadCluster implements Cluster {
  readonly slots: number;
  readonly workersKeepState = true;
  readonly #pool: ThreadPool;
  #plan: Plan | undefined;
  #stateIsInMemory = false;
  #maxIdleDeaths = 0;
  #seenDeaths = 0;
  #budgetUsed = 0;

  constructor(slots: number, workers: Workers) {
    this.slots = slots;
    this.#pool = new ThreadPool(slots, workers);
  }

  get workersReplaced(): number {
    return this.#pool.replaced;
  }

  async open(): Promise<void> {}

  async start(job: ClusterJob): Promise<void> {
    this.#plan = job.plan;
    this.#stateIsInMemory = isStateful(job.plan.graph) && job.state.directory === undefined;
    this.#maxIdleDeaths = job.maxBatchRetries;
    await this.#pool.start(job);
  }

  async runBatch(batch: BatchSpec, signal: AbortSignal, activity: Activity): Promise<BatchResult> {
    const pool = this.#pool;
    this.#countDeaths(batch);
    if (pool.death !== undefined) {
      if (this.#stateIsInMemory) throw stateLost(pool.death);
      activity.moved(() => "a worker thread that ended is replaced, and its successor loads the job's file");
      await pool.replaceDead();
    }
    const abort = (): void => pool.send({ type: "abort" });
    signal.addEventListener("abort", abort, { once: true });
    try {
      for (const thread of pool.threads) thread.beginBatch(batch);
      activity.counts(() => pool.steps);
      const runTasks: RunTasks = (tasks, ended) => this.#runTasks(tasks, signal, ended);
      const running = (): string => runningText(pool.running);
      return await runStages(batch, { activity, runtime: pool.runtime, runTasks, running });
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  async lookUp(asked: AskedState): Promise<FoundInMemory | undefined> {
    const partition = this.#plan && partitionOf(asked, this.#plan);
    return partition === undefined ? undefined : this.#pool.threads[partition % this.slots]?.lookUp(asked);
  }

  async stop(): Promise<void> {
    await this.#pool.stop();
  }

  /**
   * Threads that end between tasks, by a timer or a promise of the program's, fail no batch; but a job that needs new ones batch after
   * batch is not well. It has as many as a batch has retries; ten batches without such a death give one back.
   */
  #countDeaths({ attempt }: BatchSpec): void {
    const { idleDeaths, death } = this.#pool;
    const [before, deaths] = [this.#seenDeaths, idleDeaths - this.#seenDeaths];
    this.#seenDeaths = before + deaths;
    if (deaths > 0) this.#budgetUsed += deaths;
    else if (attempt === 0) this.#budgetUsed = Math.max(0, this.#budgetUsed - 1 / batchesForADeath);
    if (death !== undefined && this.#budgetUsed > this.#maxIdleDeaths) throw diesAgain(death, idleDeaths);
  }

  /**
   * Each thread takes its own tasks first, then those that any may take. When one fails, the others are told to give up; all
   * settle before the first failure is thrown.
   */
  async #runTasks(tasks: readonly TaskSpec[], signal: AbortSignal, ended: () => void): Promise<TaskResult[]> {
    const free = tasks.filter((task) => task.stage === 0);
    const results: TaskResult[] = [];
    let failure: unknown;
    const work = this.#pool.threads.map(async (thread, slot) => {
      const own = tasks.filter((task) => task.stage > 0 && task.index % this.slots === slot);
      for (let task = own.shift() ?? free.shift(); task !== undefined; task = own.shift() ?? free.shift()) {
        signal.throwIfAborted();
        if (failure !== undefined) return;
        results.push(await thread.run(task));
        ended();
      }
    });
    await Promise.all(
      work.map((done) =>
        done.catch((error: unknown) => {
          if (failure === undefined) this.#pool.send({ type: "abort" });
          failure ??= error;
        }),
      ),
    );
    if (failure !== undefined) throw failure;
    return results;
  }
}

/** The partition that wrote the file, where the operator has as many of them as then. */
function partitionOf(
  { file: { operator, from, buckets } }: AskedState,
  { graph, partitionings }: Plan,
): number | undefined {
  const partitioning = partitionings[graph.names.indexOf(operator)];
  if (partitioning === undefined || partitioning.kind === "in turns") return undefined;
  return Math.floor((from * numPartitionsOf(partitioning)) / buckets);
}

/** ", partitions 1 and 3 run" */
function runningText(tasks: readonly TaskSpec[]): string {
  if (tasks.length === 0) return "";
  const [first, ...others] = tasks.map(({ index }) => String(index)).sort();
  return others.length === 0
    ? `, that of partition ${first} runs`
    : `, those of partitions ${[first, ...others].join(", ")} run`;
}

function diesAgain(death: DStreamError, times: number): DStreamError {
  const text = `worker threads end between tasks again and again, ${times} times so far: ${death.message.replace(/^\[\w+\] /, "")}; something in the program throws outside of its functions, in a timer or a promise that nobody waits for`;
  return new DStreamError("WORKER_DIED", text, { cause: death.cause, data: death.data, retryable: false });
}

/** State in memory died with the thread, and nothing else has it. */
function stateLost(death: DStreamError): DStreamError {
  const text = `${death.message.replace(/^\[\w+\] /, "")}, and with it went the state that it held in memory`;
  return new DStreamError("WORKER_DIED", text, { cause: death.cause, data: death.data, retryable: false });
}
