import type { TaskFacts } from "../../listeners/facts/task-facts.ts";
import { numTasks, type Plan } from "../../plan/plan.ts";
import { stageText, tasksText } from "../../plan/stage-text.ts";
import type { Activity } from "../../runtime/activity.ts";
import type { JobRuntime } from "../../runtime/job-runtime.ts";
import type { StateFile } from "../../state/files/state-file.ts";
import { sumOfEach } from "../../task/sinks/keyed/sum-of-each.ts";
import { stateSlices } from "../../task/state/state-slices.ts";
import type { EdgeBlock, OutputPart, TaskResult, TaskSpec } from "../../task/task-spec.ts";
import type { BatchResult, BatchSpec } from "../cluster.ts";

/** Runs all tasks of a stage and returns their results in any order; rejects when one fails. Calls `ended` for each that has ended. */
export type RunTasks = (tasks: readonly TaskSpec[], ended: () => void) => Promise<readonly TaskResult[]>;

export interface StagesOptions {
  readonly activity: Activity;
  readonly runtime: Pick<JobRuntime, "log" | "timers">;
  readonly runTasks: RunTasks;
  /** What is known of tasks that run. */
  readonly running?: () => string;
}

/** Runs a batch stage by stage, carrying blocks from each to the stages that want them. */
export async function runStages(
  batch: BatchSpec,
  { activity, runtime, runTasks, running = () => "" }: StagesOptions,
): Promise<BatchResult> {
  const { plan } = batch;
  const waiting = new Map<string, EdgeBlock[]>();
  const outputs: OutputPart[] = [];
  const stateFiles: StateFile[] = [];
  const added: Record<number, number>[] = [];
  const facts: TaskFacts[] = [];
  let readEnd = 0;
  for (let stage = 0; stage < plan.numStages; stage++) {
    const tasks = tasksOf(plan, batch, stage, waiting);
    let done = 0;
    const { numStages } = plan;
    activity.moved(
      () => `${stageText(plan, stage)}: ${tasksText(done, tasks.length)}${running()}`,
      () => ({ stage, numStages, tasksDone: done, numTasks: tasks.length }),
    );
    const ended = (): void => {
      done++;
      activity.moved();
    };
    for (const result of await runTasks(tasks, ended)) {
      outputs.push(...result.outputs);
      stateFiles.push(...result.stateFiles);
      facts.push(result.facts);
      for (const text of result.warnings) runtime.log.warn("RECORDS_SKIPPED", text, { batchTime: batch.time });
      added.push(result.added);
      for (const block of result.blocks)
        addBlock(waiting, taskId(plan.edges[block.edge]?.toStage ?? 0, block.target), block);
    }
    if (stage === 0) readEnd = runtime.timers.elapsed();
  }
  return { outputs, stateFiles, added: sumOfEach(added), tasks: facts, readEnd };
}

function tasksOf(plan: Plan, batch: BatchSpec, stage: number, waiting: Map<string, EdgeBlock[]>): TaskSpec[] {
  const { time: batchTime, attempt, counts, present } = batch;
  const common = { stage, batchTime, attempt, counts, present };
  if (stage === 0) return batch.inputs.map((input, index) => ({ ...common, index, input, blocks: [], state: [] }));
  return Array.from({ length: numTasks(plan, stage, counts) }, (_, index) => {
    const blocks = waiting.get(taskId(stage, index)) ?? [];
    waiting.delete(taskId(stage, index));
    const state = stateSlices(plan, batch.manifest, { stage, index, counts });
    return { ...common, index, input: undefined, blocks, state };
  });
}

const taskId = (stage: number, index: number): string => `${stage}/${index}`;

function addBlock(waiting: Map<string, EdgeBlock[]>, id: string, block: EdgeBlock): void {
  const blocks = waiting.get(id);
  if (blocks === undefined) waiting.set(id, [block]);
  else blocks.push(block);
}
