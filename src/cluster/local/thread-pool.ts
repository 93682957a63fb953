import { DStreamError } from "../../errors/dstream-error.ts";
import { shownError } from "../../errors/shown/shown-error.ts";
import { compareGraphs } from "../../plan/graph/compare-graphs.ts";
import { describeGraph } from "../../plan/graph/describe-graph.ts";
import type { JobRuntime } from "../../runtime/job-runtime.ts";
import { rarely } from "../../runtime/log/rarely.ts";
import type { Timers } from "../../runtime/machine/timers.ts";
import type { TaskSpec } from "../../task/task-spec.ts";
import type { ClusterJob } from "../cluster.ts";
import type { Registration, ToWorker, WorkerData } from "./messages.ts";
import type { Workers } from "./worker-port.ts";
import { WorkerThread } from "./worker-thread.ts";

/** What a thread may take to close its connections; one that is in an endless loop never answers. */
const stopTimeoutMs = 2_000;
/** A worker runs what the driver ran until `start()`; it may take several times as long on a machine that is busy. */
const registrationMs = (timers: Timers): number => Math.max(60_000, 4 * timers.elapsed());

/**
 * The worker threads of a job, one for each slot. A thread that died is replaced by one that loads the job's file anew and
 * knows nothing of earlier batches.
 */
export class ThreadPool {
  readonly #slots: number;
  readonly #workers: Workers;
  readonly #threads: WorkerThread[] = [];
  #job: ClusterJob | undefined;
  #data: Omit<WorkerData, "steps"> | undefined;
  #isStopped = false;
  #idleDeaths = 0;
  #replaced = 0;
  #warnOfDeath: (text: string) => void = () => {};

  constructor(slots: number, workers: Workers) {
    this.#slots = slots;
    this.#workers = workers;
  }

  /** @throws GRAPH_MISMATCH or BUILD_MISMATCH when a thread built something else from the job's file. */
  async start(job: ClusterJob): Promise<void> {
    const { jobFile, jobArguments, runtime } = job;
    const { runOptions } = runtime.process;
    this.#job = job;
    this.#warnOfDeath = rarely((text) => runtime.log.warn("WORKER_ENDED", text), runtime.timers);
    this.#data = { jobFile, jobArguments, runOptions, build: await this.#workers.buildOf(jobFile) };
    try {
      await this.#open(Array.from({ length: this.#slots }, (_, slot) => slot));
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  get runtime(): JobRuntime {
    return this.#started().runtime;
  }

  /** By slot. */
  get threads(): readonly WorkerThread[] {
    return this.#threads;
  }

  /** The tasks that run now. */
  get running(): TaskSpec[] {
    return this.#threads.flatMap(({ task }) => task ?? []);
  }

  /** Grows while tasks do something. */
  get steps(): number {
    return this.#threads.reduce((sum, { steps }) => sum + steps, 0);
  }

  /** Why a thread ended that was not replaced yet; undefined when all live. */
  get death(): DStreamError | undefined {
    return this.#threads.find(({ death }) => death !== undefined)?.death;
  }

  /** How many threads have ended so far while they had no task. */
  get idleDeaths(): number {
    return this.#idleDeaths;
  }

  /** How many threads that had ended were replaced so far. */
  get replaced(): number {
    return this.#replaced;
  }

  /** @throws as `start` does; WORKER_DIED when the new thread dies, too. */
  async replaceDead(): Promise<void> {
    const dead = [...this.#threads.keys()].filter((slot) => this.#threads[slot]?.death !== undefined);
    await this.#open(dead);
    this.#replaced += dead.length;
  }

  send(message: ToWorker): void {
    for (const thread of this.#threads) thread.send(message);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#threads.map((thread) => thread.stop(stopTimeoutMs)));
  }

  /** Nothing fails of it, so that nobody else would hear. */
  #diedIdle(death: DStreamError): void {
    this.#idleDeaths++;
    this.#warnOfDeath(`a worker thread ended between tasks, and the next batch gets a new one: ${shownError(death)}`);
  }

  #started(): ClusterJob {
    if (this.#job === undefined) throw new Error("the threads were not started");
    return this.#job;
  }

  async #open(slots: readonly number[]): Promise<void> {
    const data = this.#data;
    const job = this.#started();
    if (data === undefined) throw new Error("the threads were not started");
    if (this.#isStopped) throw new DStreamError("ILLEGAL_STATE", "the worker threads were stopped");
    const { plan, maxResultBytes, jobFile, state, runtime } = job;
    const { timers } = runtime;
    const diedIdle = (death: DStreamError): void => this.#diedIdle(death);
    for (const slot of slots) {
      this.#threads[slot] = new WorkerThread(data, { workers: this.#workers, timers, diedIdle });
    }
    const open = async (slot: number): Promise<void> => {
      const thread = this.#threads[slot] as WorkerThread;
      check(await thread.registered(registrationMs(timers)), describeGraph(plan.graph), jobFile);
      thread.send({ type: "start", parallelism: plan.parallelism, maxResultBytes, state });
    };
    // Where one dies meanwhile the others are started all the same: they live, and the next attempt takes them for ready.
    const opened = await Promise.allSettled(slots.map(open));
    for (const outcome of opened) if (outcome.status === "rejected") throw outcome.reason;
  }
}

function check({ changedModule, description }: Registration, expected: readonly string[], jobFile: string): void {
  if (changedModule !== undefined) {
    const text = `${changedModule} changed after the driver had started: driver and workers would run different programs`;
    throw new DStreamError("BUILD_MISMATCH", text, { data: { file: changedModule } });
  }
  compareGraphs(expected, description, `from the same ${jobFile}`);
}
