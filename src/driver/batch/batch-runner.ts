import { setTimeout as delay } from "node:timers/promises";
import type { BatchResult, BatchSpec, Cluster } from "../../cluster/cluster.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import { shownError } from "../../errors/shown/shown-error.ts";
import { operatorText, userFunctionFailed } from "../../errors/user-code/user-function-failed.ts";
import type { OffsetRange } from "../../kafka/types.ts";
import type { ListenerBus } from "../../listeners/listener-bus.ts";
import { presentNodes } from "../../plan/batch/presence.ts";
import { isTransactional, type KafkaOutput, type Output } from "../../plan/graph/output.ts";
import { type Plan, partitionCounts } from "../../plan/plan.ts";
import type { Activity } from "../../runtime/activity.ts";
import type { Clock } from "../../runtime/clock.ts";
import type { JobRuntime } from "../../runtime/job-runtime.ts";
import type { StateFile } from "../../state/files/state-file.ts";
import type { Manifest } from "../../state/manifest.ts";
import type { Accumulators } from "../accumulators.ts";
import type { Broadcasts } from "../broadcasts.ts";
import { type BatchPlan, BatchPlanner } from "./batch-plan.ts";
import { checkRows } from "./check-rows.ts";
import { type CollectedOutput, type CollectedPart, collectedParts } from "./collected-output.ts";
import { offsetSource } from "./offset-source.ts";
import type { PlannedBatch } from "./planned-batch.ts";

/** What the driver does with the rows that an output collected. */
export type OutputAction = (collected: CollectedOutput, time: number) => void | Promise<void>;

/** What a batch has done and what is left to do with its commit. */
export interface BatchOutcome {
  /** What the accepted attempts wrote of the state. */
  readonly stateFiles: readonly StateFile[];
  /** Names of the operators that had an RDD. */
  readonly ran: ReadonlySet<string>;
  /** Offsets of damaged batches that its tasks passed over. */
  readonly offsetsSkipped: number;
  /** Records that the batch's transaction is to write, for each of its outputs. */
  readonly transactional: readonly TransactionalRecords[];
}

export interface TransactionalRecords {
  readonly output: KafkaOutput;
  readonly parts: readonly CollectedPart[];
}

/** By what a batch is given up, and by what it says how far it is. */
export interface BatchWatch {
  readonly signal: AbortSignal;
  readonly activity: Activity;
}

/** Outputs of a batch whose tasks have run. */
interface RunOutputs {
  readonly outputs: readonly Output[];
  readonly batch: BatchSpec;
  readonly sources: BatchPlan["sources"];
  readonly result: BatchResult;
  readonly startTime: number;
}

const firstBackoffMs = 100;
const maxBackoffMs = 30_000;

export interface BatchRunnerOptions {
  readonly plan: Plan;
  readonly cluster: Cluster;
  readonly bus: ListenerBus;
  readonly clock: Clock;
  readonly runtime: JobRuntime;
  /** By output id; outputs without one run in the tasks. */
  readonly actions: ReadonlyMap<number, OutputAction>;
  readonly maxBatchRetries: number;
  readonly maxResultBytes: number;
  readonly broadcasts: Broadcasts;
  readonly accumulators: Accumulators;
  /** Throws when another driver has taken over: what tasks gave is then none of this one's to show. */
  readonly check: () => Promise<void>;
}

/** Runs one planned batch to its end: all stages, then the driver's part of its outputs; again while its error may pass. */
export class BatchRunner {
  readonly #options: BatchRunnerOptions;
  readonly #planner: BatchPlanner;

  constructor(options: BatchRunnerOptions) {
    this.#options = options;
    this.#planner = new BatchPlanner(options.plan);
  }

  /** Given the state before the batch. @throws the error that ends the job. */
  async run(
    batch: PlannedBatch,
    { manifest, zeroTime }: { readonly manifest: Manifest; readonly zeroTime: number },
    { signal, activity }: BatchWatch,
  ): Promise<BatchOutcome> {
    const { maxBatchRetries, accumulators } = this.#options;
    const { time } = batch;
    const begun = manifest.map(({ operator }) => operator);
    const broadcasts = this.#options.broadcasts.values();
    const { plan, sources, expansion } = this.#planner.plan(batch, { zeroTime, begun }, broadcasts);
    const sourcePartitions = Object.fromEntries([...sources].map(([id, source]) => [id, source.inputs.length]));
    const counts = partitionCounts(plan, sourcePartitions);
    const present = presentNodes(plan.graph, { time, zeroTime, begun, isSourcePresent: (id) => sources.has(id) });
    const inputs = [...sources.values()].flatMap((source) => source.inputs);
    const spec = { time, plan, expansion, broadcasts, counts, present, inputs, manifest };
    for (let attempt = 0; ; attempt++) {
      try {
        const outcome = await this.#attempt({ ...spec, attempt }, sources, { signal, activity });
        accumulators.accept();
        return outcome;
      } catch (thrown) {
        accumulators.discard();
        const error = DStreamError.from(thrown);
        if (!error.retryable || attempt >= maxBatchRetries || signal.aborted) throw error;
        const reason = shownError(error);
        process.emitWarning(`batch ${batch.time} is run again: ${reason}`, { type: "DStreamBatch" });
        activity.waits(() => `it is run again after attempt ${attempt + 1} failed: ${reason}`);
        await delay(Math.min(firstBackoffMs * 2 ** attempt, maxBackoffMs), undefined, { signal });
      }
    }
  }

  async #attempt(
    batch: BatchSpec,
    sources: BatchPlan["sources"],
    { signal, activity }: BatchWatch,
  ): Promise<BatchOutcome> {
    const { cluster, accumulators } = this.#options;
    const { time, plan, present } = batch;
    const outputs = plan.graph.outputs.filter((output) => present[output.node.id]);
    const startTime = this.#options.clock.now();
    for (const output of outputs) this.#operationStarted(output, time, startTime);
    let result: BatchResult;
    try {
      result = await cluster.runBatch(batch, signal, activity);
      await this.#options.check();
    } catch (error) {
      for (const output of outputs) this.#operationCompleted(output, time, startTime, error);
      throw error;
    }
    accumulators.attempted(result.added);
    checkRows(outputs, result);
    activity.counts(() => this.#options.runtime.steps.taken);
    await this.#runActions({ outputs, batch, sources, result, startTime }, activity);
    activity.counts(undefined);
    const transactional = outputs.filter(isTransactional).map((output) => {
      return { output, parts: this.#partsOf(output, result, batch.counts) };
    });
    const ran = new Set(plan.graph.names.filter((_, id) => present[id]));
    return { stateFiles: result.stateFiles, ran, offsetsSkipped: result.offsetsSkipped, transactional };
  }

  /** All outputs get their turn; the first failure is the batch's. */
  async #runActions({ outputs, batch, sources, result, startTime }: RunOutputs, activity: Activity): Promise<void> {
    let failure: unknown;
    for (const output of outputs) {
      activity.moved(() => `the output ${operatorText(output)}`);
      try {
        await this.#runAction(output, batch, sources, result);
        this.#operationCompleted(output, batch.time, startTime, undefined);
      } catch (error) {
        failure ??= error;
        this.#operationCompleted(output, batch.time, startTime, error);
      }
    }
    if (failure !== undefined) throw failure;
  }

  async #runAction(
    output: Output,
    { time, counts }: BatchSpec,
    sources: BatchPlan["sources"],
    result: BatchResult,
  ): Promise<void> {
    const action = this.#options.actions.get(output.id);
    if (action === undefined) return;
    const parts = this.#partsOf(output, result, counts);
    try {
      await action({ parts, offsetRanges: rangesOf(output, sources) }, time);
    } catch (thrown) {
      if (thrown instanceof DStreamError) throw thrown;
      throw userFunctionFailed(thrown, output, `in batch ${time}`, { batchTime: time });
    }
  }

  #partsOf(output: Output, result: BatchResult, counts: readonly number[]): CollectedPart[] {
    const mine = result.outputs.filter((part) => part.output === output.id);
    return collectedParts(mine, counts[output.node.id] as number, this.#options.maxResultBytes);
  }

  #operationStarted({ id, operator: name }: Output, batchTime: number, startTime: number): void {
    this.#options.bus.emit("onOutputOperationStarted", { outputOperationInfo: { batchTime, id, name, startTime } });
  }

  #operationCompleted({ id, operator: name }: Output, batchTime: number, startTime: number, error: unknown): void {
    const endTime = this.#options.clock.now();
    const failure = error === undefined ? {} : { failureReason: shownError(error) };
    this.#options.bus.emit("onOutputOperationCompleted", {
      outputOperationInfo: { batchTime, id, name, startTime, endTime, ...failure },
    });
  }
}

function rangesOf(output: Output, sources: BatchPlan["sources"]): readonly OffsetRange[] | undefined {
  const source = offsetSource(output.node);
  return source && (sources.get(source.id)?.offsetRanges ?? []);
}
