import type { TextFileSink } from "../../plan/graph/output.ts";
import type { Parallelism } from "../../plan/plan.ts";
import type { JobRuntime } from "../../runtime/job-runtime.ts";
import { giveUpGraceMs, unlessAbandoned } from "../../runtime/unless-abandoned.ts";
import type { SavedInputs } from "../../sources/source-driver.ts";
import type { StatefulOperator } from "../../state/manifest.ts";
import type { BatchLog } from "../checkpoint/batch-log.ts";
import type { SavedPartitions } from "../checkpoint/checkpoint-state.ts";
import { savedPartitions } from "../checkpoint/saved-partitions.ts";
import { claimTextFiles, releaseTextFiles } from "../files/text-file-claims.ts";
import { showTextFiles } from "../files/text-files.ts";
import type { StateFolder } from "../state/state-folder.ts";
import type { BatchTransactions } from "../transactions/batch-transactions.ts";
import type { BatchOutcome, BatchRunner, BatchWatch } from "./batch-runner.ts";
import type { PlannedBatch } from "./planned-batch.ts";

export interface BatchCommitOptions {
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
}

/**
 * The commit protocol of a batch (decision D6): its input is logged, then it runs, then what it wrote is logged, then that it
 * counts. Whenever the process dies the next one finds either the state before the batch, with the same input to run again, or
 * the state behind it. Where there is a transaction, that it counts is said by Kafka first.
 */
export class BatchCommit {
  readonly #options: BatchCommitOptions;

  constructor(options: BatchCommitOptions) {
    this.#options = options;
  }

  /** Resolves when the batch is committed. @throws what ends the job; then it is not, or is not known to be. */
  async run(batch: PlannedBatch, { signal, activity }: BatchWatch): Promise<BatchOutcome> {
    const { log, runner, transactions, stateFolder, fileSinks, batchIntervalMs, isCheckpointed, runtime } =
      this.#options;
    const { time } = batch;
    const zeroTime = zeroTimeOf(time, log.state.zeroTime, batchIntervalMs);
    await runtime.crashPoint("before-offset-log");
    await log.planned(time, this.#saved(batch), zeroTime, this.#partitionsOf(batch));
    await runtime.crashPoint("after-offset-log");
    await claimTextFiles(fileSinks, time, isCheckpointed ? undefined : runtime.process.identity());
    const before = log.state.manifest;
    const outcome = await unlessAbandoned(
      runner.run(batch, { manifest: before, zeroTime }, { signal, activity }),
      signal,
      giveUpGraceMs,
    );
    const { stateFiles: files, ran, transactional } = outcome;
    activity.moved(
      () => `its commit${transactions === undefined ? "" : ", for which the topics of its output are looked at"}`,
    );
    const operators = this.#options.operators.filter(({ operator }) => ran.has(operator));
    const transaction = await unlessAbandoned(
      transactions?.prepare(time, transactional) ?? Promise.resolve(undefined),
      signal,
      giveUpGraceMs,
    );
    activity.moved(() => "its commit: the checkpoint is told what the batch wrote");
    await log.prepared({ time, files, operators, transaction });
    await runtime.crashPoint("after-manifest");
    if (transaction !== undefined) {
      activity.moved(() => "its commit: the Kafka transaction with its output");
      const committed = transactions?.commit(time, transaction, transactional);
      await unlessAbandoned(committed ?? Promise.resolve(), signal, giveUpGraceMs);
    }
    activity.moved(() => "its commit: the checkpoint is told that the batch counts");
    await log.committed(time);
    await runtime.crashPoint("after-commit-log");
    activity.moved(() => "what follows its commit: files of outputs are shown, and state that nobody needs is removed");
    await showTextFiles(fileSinks, time);
    if (!isCheckpointed) await releaseTextFiles(fileSinks, time);
    await stateFolder?.committed(time, before, log.state.manifest);
    return outcome;
  }

  #partitionsOf({ parallelism = this.#options.parallelism }: PlannedBatch): SavedPartitions {
    return savedPartitions(parallelism, this.#options.names);
  }

  #saved(batch: PlannedBatch): SavedInputs {
    const saved = [...batch.sources].filter(([, source]) => source.saved !== undefined);
    return Object.fromEntries(saved.map(([id, source]) => [this.#options.names[id] as string, source.saved]));
  }
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
