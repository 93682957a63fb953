import type { BatchResult, Cluster } from "../../cluster/cluster.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import { shownError } from "../../errors/shown/shown-error.ts";
import { mergeTaskFacts } from "../../listeners/facts/merge-task-facts.ts";
import type { Plan } from "../../plan/plan.ts";
import type { StateFile } from "../../state/files/state-file.ts";
import type { Accumulators } from "../accumulators.ts";
import type { Broadcasts } from "../broadcasts.ts";
import type { Batch } from "./batch.ts";
import { BatchOutputs, type OutputOptions } from "./batch-outputs.ts";
import { BatchPlanner, type Before, type PlannedRun } from "./batch-spec.ts";
import type { TransactionalRecords } from "./collected-output.ts";
import { producedRecords } from "./produced-records.ts";

/** What a batch has done and what is left to do with its commit. */
export interface ComputedBatch {
  /** What the accepted attempts wrote of the state. */
  readonly stateFiles: readonly StateFile[];
  /** Names of the operators that had an RDD. */
  readonly ran: ReadonlySet<string>;
  readonly transactional: readonly TransactionalRecords[];
}

const firstBackoffMs = 100;
const maxBackoffMs = 30_000;

export interface BatchRunnerOptions extends OutputOptions {
  readonly plan: Plan;
  readonly cluster: Cluster;
  readonly maxBatchRetries: number;
  readonly broadcasts: Broadcasts;
  readonly accumulators: Accumulators;
  /** Throws when another driver has taken over: what tasks gave is then none of this one's to show. */
  readonly check: () => Promise<void>;
  /** By this a batch is given up. */
  readonly signal: AbortSignal;
}

/** Reads and computes batches: all stages, then the driver's part of the outputs; again while the error may pass. */
export class BatchRunner {
  readonly #options: BatchRunnerOptions;
  readonly #planner: BatchPlanner;

  constructor(options: BatchRunnerOptions) {
    this.#options = options;
    this.#planner = new BatchPlanner(options.plan, options.runtime.random);
  }

  /** @throws the error that ends the job. */
  async run(batch: Batch, before: Before): Promise<ComputedBatch> {
    const { maxBatchRetries, accumulators, broadcasts, signal, bus, runtime } = this.#options;
    const { log } = runtime;
    const run = this.#planner.plan(batch, before, broadcasts.values());
    for (let attempt = 0; ; attempt++) {
      try {
        const computed = await this.#attempt(batch, run, attempt);
        accumulators.accept();
        if (attempt > 0) {
          const told = { batchTime: batch.time, attempt: attempt + 1 };
          log.info("BATCH_RECOVERED", `batch ${batch.time} was computed by attempt ${attempt + 1}`, told);
        }
        return computed;
      } catch (thrown) {
        accumulators.discard();
        const error = DStreamError.from(thrown);
        if (!error.retryable || attempt >= maxBatchRetries || signal.aborted) throw error;
        const reason = shownError(error);
        const told = { batchTime: batch.time, attempt: attempt + 1, errorCode: error.code };
        log.warn("BATCH_RETRIED", `batch ${batch.time} is run again: ${reason}`, told);
        batch.activity.waits(() => `it is run again after attempt ${attempt + 1} failed: ${reason}`);
        batch.retried();
        bus.emit("onBatchRetried", { batchTime: batch.time, attempt: attempt + 1, reason });
        await runtime.timers.delay(Math.min(firstBackoffMs * 2 ** attempt, maxBackoffMs), signal);
      }
    }
  }

  async #attempt(batch: Batch, run: PlannedRun, attempt: number): Promise<ComputedBatch> {
    const { cluster, accumulators, clock, signal, runtime } = this.#options;
    const { plan, present } = run;
    batch.phases.begin("read");
    const outputs = new BatchOutputs(this.#options, batch, run);
    let result: BatchResult;
    try {
      result = await cluster.runBatch({ ...run, attempt }, signal, batch.activity);
      await this.#options.check();
    } catch (error) {
      outputs.failed(error);
      throw error;
    }
    batch.phases.begin("compute", result.readEnd);
    // Tasks measure by their machines' clocks.
    const aheadMs = clock.now() - runtime.clock.now();
    batch.worked(mergeTaskFacts(result.tasks, plan, aheadMs), producedRecords(result.outputs));
    accumulators.attempted(result.added);
    const transactional = await outputs.run(result);
    const ran = new Set(plan.graph.names.filter((_, id) => present[id]));
    return { stateFiles: result.stateFiles, ran, transactional };
  }
}
