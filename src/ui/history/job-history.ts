import type { BatchInfo, ReceiverInfo, StreamingListener } from "../../listeners/streaming-listener.ts";
import { type BatchStatus, type BatchView, batchView, withoutDetails } from "./batch-view.ts";

/** As Spark's spark.streaming.ui.retainedBatches. */
export const retainedBatches = 1_000;
/** Batches of which each partition and task is kept. */
const detailedBatches = 20;

/** What a job is called and how it runs; does not change while it runs. */
export interface JobDescription {
  readonly id: string;
  readonly appName: string;
  readonly master: string;
  /** The package's. */
  readonly version: string;
  /** Epoch ms. */
  readonly startTime: number;
  /** Milliseconds. */
  readonly batchInterval: number;
  /** Names of the input streams, by stream id. */
  readonly inputs: readonly string[];
  /** Operators of the job, by node id. */
  readonly operators: readonly OperatorView[];
  /** How many outputs each batch has at most. */
  readonly numOutputs: number;
}

/** An operator of the graph, as the program named it. */
export interface OperatorView {
  readonly name: string;
  /** Names of those that it takes rows from. */
  readonly parents: readonly string[];
  readonly stage: number;
  /** "file.ts:12:3" of the program, where it is known. */
  readonly site?: string;
  readonly kind: string;
}

export interface JobTotals {
  readonly completed: number;
  readonly failed: number;
  readonly retries: number;
  readonly records: number;
}

/** What a job has done, put together from what listeners hear: while it runs, or from an event log. It has a bound, however long the job runs. */
export class JobHistory implements StreamingListener {
  readonly job: JobDescription;
  readonly #waiting = new Map<number, BatchView>();
  readonly #running = new Map<number, BatchView>();
  readonly #ended: BatchView[] = [];
  readonly #receivers = new Map<number, ReceiverInfo>();
  readonly #recordsBySource = new Map<string, number>();
  readonly #changed: (batch: BatchView) => void;
  #completed = 0;
  #failed = 0;
  #retries = 0;
  #records = 0;

  /** `changed` hears of each batch that got further. */
  constructor(job: JobDescription, changed: (batch: BatchView) => void = () => {}) {
    this.job = job;
    this.#changed = changed;
  }

  get totals(): JobTotals {
    const [completed, failed] = [this.#completed, this.#failed];
    return { completed, failed, retries: this.#retries, records: this.#records };
  }

  /** Records of all batches, by the input stream's name. */
  get recordsBySource(): ReadonlyMap<string, number> {
    return this.#recordsBySource;
  }

  get waiting(): readonly BatchView[] {
    return [...this.#waiting.values()];
  }

  get running(): readonly BatchView[] {
    return [...this.#running.values()];
  }

  /** Batches that have ended, oldest first; the last 1,000. */
  get ended(): readonly BatchView[] {
    return this.#ended;
  }

  /** All that are kept, newest first, as Spark lists them. */
  get batches(): readonly BatchView[] {
    return [...this.#ended, ...this.#running.values(), ...this.#waiting.values()].sort((a, b) => b.time - a.time);
  }

  get receivers(): readonly ReceiverInfo[] {
    return [...this.#receivers.values()];
  }

  batch(time: number): BatchView | undefined {
    return this.#running.get(time) ?? this.#waiting.get(time) ?? this.#ended.findLast((batch) => batch.time === time);
  }

  onBatchSubmitted({ batchInfo }: { readonly batchInfo: BatchInfo }): void {
    this.#note(this.#view(batchInfo, "waiting"));
  }

  onBatchStarted({ batchInfo }: { readonly batchInfo: BatchInfo }): void {
    this.#note(this.#view(batchInfo, "running"));
  }

  onBatchCompleted({ batchInfo }: { readonly batchInfo: BatchInfo }): void {
    this.#note(this.#view(batchInfo, batchInfo.failureReason === undefined ? "completed" : "failed"));
  }

  onBatchRetried(): void {
    this.#retries++;
  }

  onReceiverStarted({ receiverInfo }: { readonly receiverInfo: ReceiverInfo }): void {
    this.#receivers.set(receiverInfo.streamId, receiverInfo);
  }

  onReceiverError(event: { readonly receiverInfo: ReceiverInfo }): void {
    this.onReceiverStarted(event);
  }

  onReceiverStopped(event: { readonly receiverInfo: ReceiverInfo }): void {
    this.onReceiverStarted(event);
  }

  #view(info: BatchInfo, status: BatchStatus): BatchView {
    return batchView(info, status, this.job.inputs);
  }

  #note(batch: BatchView): void {
    const { time, status } = batch;
    this.#waiting.delete(time);
    this.#running.delete(time);
    if (status === "waiting") this.#waiting.set(time, batch);
    else if (status === "running") this.#running.set(time, batch);
    else this.#end(batch);
    this.#changed(batch);
  }

  #end(batch: BatchView): void {
    if (batch.status === "failed") this.#failed++;
    else {
      this.#completed++;
      this.#records += batch.records;
      for (const { name, records } of batch.inputs) {
        this.#recordsBySource.set(name, (this.#recordsBySource.get(name) ?? 0) + records);
      }
    }
    this.#ended.push(batch);
    if (this.#ended.length > retainedBatches) this.#ended.shift();
    const old = this.#ended.length - 1 - detailedBatches;
    if (old >= 0) this.#ended[old] = withoutDetails(this.#ended[old] as BatchView);
  }
}
