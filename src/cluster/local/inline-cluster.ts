import type { Activity } from "../../runtime/activity.ts";
import { openStateStore } from "../../state/open-state-store.ts";
import type { AskedState, FoundInMemory } from "../../state/query/asked-state.ts";
import { KafkaResources } from "../../task/context/kafka-resources.ts";
import { TaskContext } from "../../task/context/task-context.ts";
import { computeTask } from "../../task/run-task.ts";
import type { TaskResult, TaskSpec } from "../../task/task-spec.ts";
import type { BatchResult, BatchSpec, Cluster, ClusterJob } from "../cluster.ts";
import { type RunTasks, runStages } from "./run-stages.ts";

/** `local`: runs tasks one after the other in the driver's own thread, on the driver's own graph, so that any closure works. */
export class InlineCluster implements Cluster {
  readonly slots = 1;
  readonly workersKeepState = true;
  #kafka: KafkaResources | undefined;
  #context: TaskContext | undefined;

  async open(): Promise<void> {}

  async start(job: Pick<ClusterJob, "plan" | "maxResultBytes" | "state" | "runtime">): Promise<void> {
    const { plan, maxResultBytes, runtime } = job;
    const state = openStateStore(job.state, runtime);
    const kafka = new KafkaResources(runtime);
    this.#kafka = kafka;
    this.#context = new TaskContext({ plan, state, kafka, maxResultBytes, runtime });
  }

  runBatch(batch: BatchSpec, signal: AbortSignal, activity: Activity): Promise<BatchResult> {
    const job = this.#started();
    job.broadcasts.receive(batch.broadcasts);
    // The driver's own plan of the batch runs here, so that nothing is built twice.
    const context = batch.plan === job.plan ? job : job.withPlan(batch.plan);
    const runTasks: RunTasks = (tasks, ended) => runInTurn(tasks, context, signal, ended);
    return runStages(batch, { activity, runtime: context.runtime, runTasks });
  }

  async lookUp(asked: AskedState): Promise<FoundInMemory | undefined> {
    return this.#context?.state.lookUp?.(asked);
  }

  async stop(): Promise<void> {
    await Promise.all([this.#kafka?.close(), this.#context?.state.close()]);
  }

  #started(): TaskContext {
    if (this.#context === undefined) throw new Error("the cluster was not started");
    return this.#context;
  }
}

/** The job's functions run in one task after the other; what a task writes of the state is written while the next ones run. */
async function runInTurn(
  tasks: readonly TaskSpec[],
  context: TaskContext,
  signal: AbortSignal,
  ended: () => void,
): Promise<TaskResult[]> {
  const results: Promise<TaskResult>[] = [];
  try {
    for (const task of tasks) {
      signal.throwIfAborted();
      const { result } = await computeTask(task, context, signal);
      result.catch(() => {});
      results.push(result);
      ended();
    }
  } finally {
    // Also where one fails: nothing may still be on its way when the batch is run again.
    await Promise.allSettled(results);
  }
  return Promise.all(results);
}
