import { join } from "node:path";
import type { TaskContext } from "../../../task/context/task-context.ts";
import { runTask } from "../../../task/run-task.ts";
import { stateSlices } from "../../../task/state/state-slices.ts";
import type { TaskResult, TaskSpec } from "../../../task/task-spec.ts";
import type { ArrowBatch } from "../arrow/read/arrow-batch.ts";
import { decodeCommand, type MarkedInput, noInput, type ShippedJob, type StageCommand } from "../wire/stage-command.ts";
import { decodeRow, destinationOf, encodeResult, encodeTimings } from "../wire/transfer-row.ts";
import type { FunctionHost, OutputStream, SparkTask } from "../worker/function-host.ts";
import { LoadedJob } from "./loaded-job.ts";
import { MarkedRows } from "./marked-rows.ts";
import { probe } from "./probe.ts";
import { RowOutput } from "./row-output.ts";
import { UntoldTimings } from "./untold-timings.ts";

/**
 * What an executor's worker does with the rows that Spark gives it: one stage of one batch, by the code that runs stages
 * everywhere. A process keeps the job it ran last, with its connections and state.
 */
export class StageHost implements FunctionHost {
  idleMs: number | undefined;
  isOver = false;
  readonly #timings = new UntoldTimings();
  #job: { readonly id: string; readonly loaded: Promise<LoadedJob> } | undefined;

  async run(
    task: SparkTask,
    input: AsyncIterable<ArrowBatch>,
    output: OutputStream,
    signal: AbortSignal,
  ): Promise<void> {
    const command = decodeCommand(task.command);
    if (command.kind === "probe") {
      await probe(task, command, input, output);
      return;
    }
    if (command.kind === "end") {
      for await (const _ of input);
      this.isOver = true;
      return;
    }
    this.idleMs = command.job.idleMs;
    this.#timings.begin(command);
    const job = await this.#load(command.job, task.filesDir);
    const rows = new RowOutput(output, task, command.stage + 1, command.nextTasks);
    await job.receiveBroadcasts(command.broadcasts, task.filesDir);
    const context = job.context.forBatch(command.expansion);
    const results =
      command.stage === 0
        ? runSources(context, command, input, signal)
        : runLater(context, command, task.partitionId, input, rows, signal);
    await this.#emit(results, command, context, rows);
  }

  async #emit(
    results: AsyncIterable<TaskResult>,
    command: StageCommand,
    { plan }: TaskContext,
    rows: RowOutput,
  ): Promise<void> {
    const stageOf = (edge: number): number => plan.edges[edge]?.toStage ?? 0;
    for await (const result of results) {
      this.#timings.add(result.facts);
      const encoded = encodeResult(result, stageOf, plan.numStages);
      for (const { destination, row } of encoded) await rows.add(destination, row);
    }
    // Before that a row goes through a shuffle, where it has to be the same when the task is run again.
    if (command.stage < plan.numStages - 1) return;
    const { destination, row } = encodeTimings(this.#timings.take(), plan.numStages);
    await rows.add(destination, row);
  }

  async #load(job: ShippedJob, filesDir: string): Promise<LoadedJob> {
    const id = JSON.stringify(job);
    if (this.#job?.id !== id) {
      const previous = this.#job?.loaded;
      this.#job = { id, loaded: LoadedJob.load(job, join(filesDir, job.file)) };
      await previous?.then((loaded) => loaded.close()).catch(() => {});
    }
    return this.#job.loaded;
  }
}

/** Stage 0: each input whose rows are among the task's, one after the other. */
async function* runSources(
  context: TaskContext,
  command: StageCommand,
  input: AsyncIterable<ArrowBatch>,
  signal: AbortSignal,
): AsyncGenerator<TaskResult> {
  const inputs = new Map(command.inputs.map((marked) => [marked.mark, marked]));
  const stream = new MarkedRows(input);
  for (let mark = await stream.nextMark(); mark !== undefined; mark = await stream.nextMark()) {
    if (mark === noInput) {
      stream.skip();
      continue;
    }
    const marked = inputs.get(mark);
    if (marked === undefined) throw new RangeError(`rows have the unknown mark ${mark}`);
    yield await runInput(context, command, marked, stream, signal);
  }
}

/** One input: rows that Spark gives, or a file, which has a row that only says so. */
function runInput(
  context: TaskContext,
  command: StageCommand,
  marked: MarkedInput,
  stream: MarkedRows,
  signal: AbortSignal,
): Promise<TaskResult> {
  const { index, source, partition, file } = marked;
  const spec = taskSpec(context, command, index);
  if (file !== undefined) {
    stream.skip();
    return runTask({ ...spec, input: { source, partition, kind: "file", file } }, context, signal);
  }
  const input = { source, partition, kind: "rows", blocks: [] } as const;
  return runTask({ ...spec, input }, context, signal, (node, _, notes) => stream.rows(node, marked, notes));
}

/** A later stage: the blocks for this task, while rows for others are carried on. */
async function* runLater(
  context: TaskContext,
  command: StageCommand,
  index: number,
  input: AsyncIterable<ArrowBatch>,
  rows: RowOutput,
  signal: AbortSignal,
): AsyncGenerator<TaskResult> {
  const blocks = [];
  for await (const batch of input) {
    const column = batch.column("row");
    for (let i = 0; i < batch.numRows; i++) {
      const bytes = column.bytes(i);
      const destination = destinationOf(bytes);
      if (destination.stage !== command.stage) {
        await rows.add(destination, bytes);
        continue;
      }
      const received = decodeRow(bytes);
      if (received.kind === "block") blocks.push(received.block);
    }
  }
  const spec = { ...taskSpec(context, command, index), input: undefined, blocks };
  yield await runTask(spec, context, signal);
}

function taskSpec({ plan }: TaskContext, command: StageCommand, index: number): TaskSpec {
  const { stage, batchTime, attempt, counts, present } = command;
  const state = stateSlices(plan, command.manifest, { stage, index, counts });
  return { stage, index, batchTime, attempt, counts, present, input: undefined, blocks: [], state };
}
