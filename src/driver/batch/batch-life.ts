import type { TransactionFacts } from "../../listeners/facts/batch-facts.ts";
import type { TextFileSink } from "../../plan/graph/output.ts";
import type { Parallelism } from "../../plan/plan.ts";
import type { JobRuntime } from "../../runtime/job-runtime.ts";
import { giveUpGraceMs, unlessAbandoned } from "../../runtime/unless-abandoned.ts";
import type { SavedInputs } from "../../sources/source-driver.ts";
import type { Manifest, StatefulOperator } from "../../state/manifest.ts";
import type { BatchLog } from "../checkpoint/batch-log.ts";
import type { SavedPartitions } from "../checkpoint/checkpoint-state.ts";
import { savedPartitions } from "../checkpoint/saved-partitions.ts";
import { claimTextFiles, releaseTextFiles } from "../files/text-file-claims.ts";
import { showTextFiles } from "../files/text-files.ts";
import type { StateFolder } from "../state/state-folder.ts";
import type { BatchTransactions } from "../transactions/batch-transactions.ts";
import type { Batch } from "./batch.ts";
import type { BatchRunner, ComputedBatch } from "./batch-runner.ts";

export interface BatchLifeOptions {
  readonly runtime: JobRuntime;
  readonly log: BatchLog;
  readonly runner: BatchRunner;
  /** Of jobs that write to Kafka exactly-once. */
  readonly transactions: BatchTransactions | undefined;
  /** Where state is in files. */
  readonly stateFolder: StateFolder | undefined;
  readonly operators: readonly StatefulOperator[];
  readonly batchIntervalMs: number;
  /** Outputs whose files are shown when a batch is committed. */
  readonly fileSinks: readonly TextFileSink[];
  /** Whether what is hidden of a batch is gone on with by the job's next start. */
  readonly isCheckpointed: boolean;
  /** Names of the graph's nodes, by id. */
  readonly names: readonly string[];
  /** What decides how many partitions the job's batches have. */
  readonly parallelism: Parallelism;
  /** By this a batch is given up. */
  readonly signal: AbortSignal;
}

/** The transaction of a batch, prepared; there may be none. */
type Prepared = Awaited<ReturnType<BatchTransactions["prepare"]>> | undefined;

/**
 * The phases of a batch that was planned, which are the commit protocol (decision D6): its input is logged, then it runs, then what it
 * wrote is logged, then that it counts. Whenever the process dies the next one finds either the state before the batch, with the same
 * input to run again, or the state after it. Where there is a transaction, that it counts is said by Kafka first.
 */
export class BatchLife {
  readonly #options: BatchLifeOptions;

  constructor(options: BatchLifeOptions) {
    this.#options = options;
  }

  /** Resolves when the batch is committed. @throws what ends the job; then it is not, or is not known to be. */
  async run(batch: Batch): Promise<void> {
    const { log, runner } = this.#options;
    const { manifest } = log.state;
    const zeroTime = zeroTimeOf(batch.time, log.state.zeroTime, this.#options.batchIntervalMs);
    batch.phases.begin("log");
    await this.#log(batch, zeroTime);
    // The phases "read" and "compute".
    const computed = await this.#unlessGivenUp(runner.run(batch, { manifest, zeroTime }));
    batch.phases.begin("prepare");
    const prepared = await this.#prepare(batch, computed);
    batch.phases.begin("commit");
    await this.#commit(batch, computed, prepared);
    await this.#tidyUp(batch, manifest);
  }

  async #log(batch: Batch, zeroTime: number): Promise<void> {
    const { log, fileSinks, isCheckpointed, runtime } = this.#options;
    await runtime.crashPoint("before-offset-log");
    await log.planned(batch.time, this.#saved(batch), zeroTime, this.#partitionsOf(batch));
    await runtime.crashPoint("after-offset-log");
    await claimTextFiles(fileSinks, batch.time, isCheckpointed ? undefined : runtime.process.identity(), runtime.files);
  }

  /** What the batch wrote is named in the checkpoint; its transaction is ready. */
  async #prepare(
    { time, activity }: Batch,
    { stateFiles: files, ran, transactional }: ComputedBatch,
  ): Promise<Prepared> {
    const { log, transactions, runtime } = this.#options;
    activity.moved(
      () => `its commit${transactions === undefined ? "" : ", for which the topics of its output are looked at"}`,
    );
    const operators = this.#options.operators.filter(({ operator }) => ran.has(operator));
    const prepared = transactions?.prepare(time, transactional) ?? Promise.resolve(undefined);
    const transaction = await this.#unlessGivenUp<Prepared>(prepared);
    activity.moved(() => "its commit: the checkpoint is told what the batch wrote");
    await log.prepared({ time, files, operators, transaction });
    await runtime.crashPoint("after-manifest");
    return transaction;
  }

  async #commit(batch: Batch, { transactional }: ComputedBatch, transaction: Prepared): Promise<void> {
    const { time, activity } = batch;
    const { log, transactions } = this.#options;
    if (transaction !== undefined && transactions !== undefined) {
      activity.moved(() => "its commit: the Kafka transaction with its output");
      const before = transactions.ends;
      try {
        await this.#unlessGivenUp(transactions.commit(time, transaction, transactional));
      } finally {
        batch.transacted(endsSince(before, transactions.ends));
      }
    }
    activity.moved(() => "its commit: the checkpoint is told that the batch counts");
    await log.committed(time);
    await this.#options.runtime.crashPoint("after-commit-log");
  }

  /** What follows the commit, and is done again by the next start where this one does not come to it. */
  async #tidyUp({ time, activity }: Batch, before: Manifest): Promise<void> {
    const { log, stateFolder, fileSinks, isCheckpointed, runtime } = this.#options;
    activity.moved(() => "what follows its commit: files of outputs are shown, and state that nobody needs is removed");
    await showTextFiles(fileSinks, time, runtime);
    if (!isCheckpointed) await releaseTextFiles(fileSinks, time, runtime.files);
    await stateFolder?.committed(time, before, log.state.manifest);
  }

  #unlessGivenUp<T>(work: Promise<T>): Promise<T> {
    return unlessAbandoned(work, this.#options.signal, giveUpGraceMs, this.#options.runtime.timers);
  }

  #partitionsOf({ parallelism = this.#options.parallelism }: Batch): SavedPartitions {
    return savedPartitions(parallelism, this.#options.names);
  }

  #saved(batch: Batch): SavedInputs {
    const saved = [...batch.sources].filter(([, source]) => source.saved !== undefined);
    return Object.fromEntries(saved.map(([id, source]) => [this.#options.names[id] as string, source.saved]));
  }
}

function endsSince(before: TransactionFacts, now: TransactionFacts): TransactionFacts {
  return {
    committed: now.committed - before.committed,
    aborted: now.aborted - before.aborted,
    unknown: now.unknown - before.unknown,
  };
}

/**
 * Where slides are counted from: an interval before the job's first batch. With another interval than the job began with, the last time
 * before that which is a multiple of the new one away from the batch: else no stream would have an RDD, and what was read be lost.
 */
function zeroTimeOf(time: number, began: number | undefined, batchIntervalMs: number): number {
  if (began === undefined) return time - batchIntervalMs;
  const off = (time - began) % batchIntervalMs;
  return off === 0 ? began : began + off - batchIntervalMs;
}
