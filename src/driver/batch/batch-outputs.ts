import type { BatchResult } from "../../cluster/cluster.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import { shownError } from "../../errors/shown/shown-error.ts";
import { operatorText, userFunctionFailed } from "../../errors/user-code/user-function-failed.ts";
import type { OffsetRange } from "../../kafka/types.ts";
import type { ListenerBus } from "../../listeners/listener-bus.ts";
import { isTransactional, type Output } from "../../plan/graph/output.ts";
import type { JobRuntime } from "../../runtime/job-runtime.ts";
import type { Clock } from "../../runtime/machine/clock.ts";
import type { Batch } from "./batch.ts";
import type { PlannedRun } from "./batch-spec.ts";
import { checkRows } from "./check-rows.ts";
import {
  type CollectedOutput,
  type CollectedPart,
  collectedParts,
  type TransactionalRecords,
} from "./collected-output.ts";
import { offsetSource } from "./offset-source.ts";

/** What the driver does with the rows that an output collected. */
export type OutputAction = (collected: CollectedOutput, time: number) => void | Promise<void>;

export interface OutputOptions {
  readonly bus: ListenerBus;
  readonly clock: Clock;
  readonly runtime: JobRuntime;
  /** By output id; outputs without one run in the tasks. */
  readonly actions: ReadonlyMap<number, OutputAction>;
  readonly maxResultBytes: number;
}

/** The outputs of one attempt at a batch: what listeners hear of them, and the driver's part. */
export class BatchOutputs {
  readonly #options: OutputOptions;
  readonly #batch: Batch;
  readonly #run: PlannedRun;
  readonly #outputs: readonly Output[];
  readonly #startTime: number;

  /** They begin with the attempt. */
  constructor(options: OutputOptions, batch: Batch, run: PlannedRun) {
    this.#options = options;
    this.#batch = batch;
    this.#run = run;
    this.#outputs = run.plan.graph.outputs.filter((output) => run.present[output.node.id]);
    this.#startTime = options.clock.now();
    for (const output of this.#outputs) this.#started(output);
  }

  /** The tasks have failed, and with them all outputs. */
  failed(error: unknown): void {
    for (const output of this.#outputs) this.#completed(output, error);
  }

  /** Does the driver's part after the tasks'. All outputs get their turn; the first failure is the batch's. Returns what the transaction is to write. */
  async run(result: BatchResult): Promise<readonly TransactionalRecords[]> {
    const { activity } = this.#batch;
    checkRows(this.#outputs, result);
    activity.counts(() => this.#options.runtime.steps.taken);
    let failure: unknown;
    for (const output of this.#outputs) {
      activity.moved(() => `the output ${operatorText(output)}`);
      try {
        await this.#act(output, result);
        this.#completed(output, undefined);
      } catch (error) {
        failure ??= error;
        this.#completed(output, error);
      }
    }
    if (failure !== undefined) throw failure;
    activity.counts(undefined);
    return this.#outputs.filter(isTransactional).map((output) => ({ output, parts: this.#partsOf(output, result) }));
  }

  async #act(output: Output, result: BatchResult): Promise<void> {
    const { time } = this.#batch;
    const action = this.#options.actions.get(output.id);
    if (action === undefined) return;
    const parts = this.#partsOf(output, result);
    try {
      await action({ parts, offsetRanges: this.#rangesOf(output) }, time);
    } catch (thrown) {
      if (thrown instanceof DStreamError) throw thrown;
      throw userFunctionFailed(thrown, output, `in batch ${time}`, { batchTime: time });
    }
  }

  #partsOf({ id, node }: Output, { outputs }: BatchResult): CollectedPart[] {
    const mine = outputs.filter(({ output }) => output === id);
    return collectedParts(mine, this.#run.counts[node.id] as number, this.#options.maxResultBytes);
  }

  #rangesOf({ node }: Output): readonly OffsetRange[] | undefined {
    const source = offsetSource(node);
    return source && (this.#run.offsetRanges.get(source.id) ?? []);
  }

  #started({ id, operator: name }: Output): void {
    const outputOperationInfo = { batchTime: this.#batch.time, id, name, startTime: this.#startTime };
    this.#batch.outputOperation(outputOperationInfo);
    this.#options.bus.emit("onOutputOperationStarted", { outputOperationInfo });
  }

  #completed({ id, operator: name }: Output, error: unknown): void {
    const { bus, clock } = this.#options;
    const times = { startTime: this.#startTime, endTime: clock.now() };
    const failure = error === undefined ? {} : { failureReason: shownError(error) };
    const outputOperationInfo = { batchTime: this.#batch.time, id, name, ...times, ...failure };
    this.#batch.outputOperation(outputOperationInfo);
    bus.emit("onOutputOperationCompleted", { outputOperationInfo });
  }
}
