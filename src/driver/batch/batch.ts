import type { BatchFacts, BatchWork, TransactionFacts } from "../../listeners/facts/batch-facts.ts";
import { stateFacts } from "../../listeners/facts/state-facts.ts";
import type { BatchInfo, OutputOperationInfo } from "../../listeners/streaming-listener.ts";
import type { Parallelism } from "../../plan/plan.ts";
import type { Activity, StageProgress } from "../../runtime/activity.ts";
import type { SourceBatch } from "../../sources/source-driver.ts";
import type { Manifest } from "../../state/manifest.ts";
import type { PhaseTimes } from "./phase-times.ts";
import type { WatchedActivity } from "./stall-watch.ts";

/** The stage in which a batch is. */
export interface RunningStage extends StageProgress {
  readonly batchTime: number;
}

export interface BatchPlan {
  readonly time: number;
  /** By source node; a source without an RDD for this batch is missing. */
  readonly sources: ReadonlyMap<number, SourceBatch>;
  /** The job's sources: the first is stream 0, and so on. */
  readonly streams: readonly { readonly nodeId: number }[];
  /** When it was planned, epoch ms of the job's clock. */
  readonly submissionTime: number;
  readonly phases: PhaseTimes;
  /** Of its plan: the times in which it stood still. */
  readonly stalls?: BatchInfo["stalls"];
  /** What decided its partitions when it was planned, where that was before a restart and the checkpoint knows it. */
  readonly parallelism?: Parallelism | undefined;
}

/** The job as a batch leaves it. */
export interface JobThen {
  readonly manifest: Manifest;
  readonly checkpointBytes: number | undefined;
  /** For this batch. */
  readonly workersReplaced: number | undefined;
}

const noWork: BatchWork = { stages: [], sources: [], rows: {}, outputs: [], edges: [] };

/** A batch, from when its input is decided until it has ended. Running it again reads the same input. */
export class Batch {
  readonly #plan: BatchPlan;
  readonly #outputs = new Map<number, OutputOperationInfo>();
  #activity: WatchedActivity | undefined;
  #startTime: number | undefined;
  #endTime: number | undefined;
  #failureReason: string | undefined;
  #facts: BatchFacts | undefined;
  #retries = 0;
  #work = noWork;
  #produced: BatchFacts["produced"];
  #transactions: TransactionFacts | undefined;

  constructor(plan: BatchPlan) {
    this.#plan = plan;
  }

  get time(): number {
    return this.#plan.time;
  }

  get sources(): BatchPlan["sources"] {
    return this.#plan.sources;
  }

  get parallelism(): Parallelism | undefined {
    return this.#plan.parallelism;
  }

  get phases(): PhaseTimes {
    return this.#plan.phases;
  }

  /** By what it says how far it is, while it runs. */
  get activity(): Activity {
    if (this.#activity === undefined) throw new Error(`batch ${this.time} does not run`);
    return this.#activity;
  }

  /** Undefined where no stage of it runs. */
  get stage(): RunningStage | undefined {
    const stage = this.#activity?.stage;
    return stage && { batchTime: this.time, ...stage };
  }

  started(time: number, activity: WatchedActivity): void {
    this.#startTime = time;
    this.#activity = activity;
  }

  /** Of its last attempt; begun or completed. */
  outputOperation(info: OutputOperationInfo): void {
    this.#outputs.set(info.id, info);
  }

  /** An attempt has failed; another is to follow. */
  retried(): void {
    this.phases.pause();
    this.#retries++;
    this.#work = noWork;
    this.#produced = undefined;
  }

  /** `produced`: records for Kafka, by topic. */
  worked(work: BatchWork, produced: BatchFacts["produced"]): void {
    this.#work = work;
    this.#produced = produced;
  }

  transacted(transactions: TransactionFacts): void {
    this.#transactions = transactions;
  }

  /** At `time`, with the state as it is then; without a reason it counts. */
  ended(
    time: number,
    { manifest, checkpointBytes, workersReplaced }: JobThen,
    failureReason: string | undefined,
  ): void {
    this.#activity?.end();
    this.phases.end();
    this.#endTime = time;
    this.#failureReason = failureReason;
    const { spans: phases } = this.phases;
    const [produced, transactions] = [this.#produced, this.#transactions];
    this.#facts = {
      ...{ phases, retries: this.#retries, ...this.#work, state: stateFacts(manifest) },
      ...(produced !== undefined && { produced }),
      ...(transactions !== undefined && { transactions }),
      ...(workersReplaced !== undefined && { workersReplaced }),
      ...(checkpointBytes !== undefined && { checkpointBytes }),
    };
  }

  /** What listeners hear of it: all that is known by now. */
  get info(): BatchInfo {
    const { time: batchTime, submissionTime, sources, streams, stalls: ofPlan = [] } = this.#plan;
    const inputs = streams.flatMap(({ nodeId }, streamId) => {
      const part = sources.get(nodeId);
      if (part === undefined) return [];
      const { numRecords, offsetRanges, groupId, lags } = part;
      const known = { ...(groupId !== undefined && { groupId }), ...(lags !== undefined && { lags }) };
      return [[streamId, { numRecords, offsetRanges, ...known }] as const];
    });
    const stalls = [...ofPlan, ...(this.#activity?.stalls ?? [])];
    const lag = lagOf([...sources.values()]);
    return {
      batchTime,
      submissionTime,
      streamIdToInputInfo: new Map(inputs),
      numRecords: inputs.reduce((sum, [, { numRecords }]) => sum + numRecords, 0),
      outputOperationInfos: new Map(this.#outputs),
      ...(lag !== undefined && { lag }),
      ...(stalls.length > 0 && { stalls }),
      ...this.#delays(submissionTime),
      ...(this.#failureReason !== undefined && { failureReason: this.#failureReason }),
      ...(this.#facts !== undefined && { facts: this.#facts }),
    };
  }

  #delays(submissionTime: number): Partial<BatchInfo> {
    const [processingStartTime, processingEndTime] = [this.#startTime, this.#endTime];
    if (processingStartTime === undefined) return {};
    const started = { processingStartTime, schedulingDelay: processingStartTime - submissionTime };
    if (processingEndTime === undefined) return started;
    const processingDelay = processingEndTime - processingStartTime;
    return { ...started, processingEndTime, processingDelay, totalDelay: processingEndTime - submissionTime };
  }
}

/** Records that sources left for later batches; undefined when none of them knows. */
function lagOf(sources: readonly SourceBatch[]): number | undefined {
  const known = sources.flatMap(({ lag }) => lag ?? []);
  return known.length === 0 ? undefined : known.reduce((sum, lag) => sum + lag, 0);
}
