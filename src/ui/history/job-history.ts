import type { ReceiverInfo } from "../../listeners/streaming-listener.ts";
import { type BatchView, type InputView, withoutDetails } from "./batch-view.ts";
import type { JobEvent } from "./job-event.ts";

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

/** How a job ended. */
export interface JobEnd {
  /** Epoch ms. */
  readonly time: number;
  readonly failureReason?: string;
}

/** Where a stream stands in a partition of a topic. */
export interface OffsetView {
  readonly source: string;
  readonly topic: string;
  readonly partition: number;
  /** The next record to read. */
  readonly offset: number;
}

/** What a job has done, put together from its events: while it runs, or from an event log. It has a bound, however long the job runs. */
export class JobHistory {
  readonly job: JobDescription;
  readonly #waiting = new Map<number, BatchView>();
  readonly #running = new Map<number, BatchView>();
  readonly #ended: BatchView[] = [];
  readonly #receivers = new Map<number, ReceiverInfo>();
  readonly #recordsBySource = new Map<string, number>();
  readonly #offsets = new Map<string, OffsetView>();
  #end: JobEnd | undefined;
  #completed: number;
  #failed: number;
  #retries: number;
  #records: number;

  /** `before`: what the job had done before the first event, where not all are there. */
  constructor(job: JobDescription, before: JobTotals = { completed: 0, failed: 0, retries: 0, records: 0 }) {
    this.job = job;
    this.#completed = before.completed;
    this.#failed = before.failed;
    this.#retries = before.retries;
    this.#records = before.records;
  }

  /** Undefined while the job runs. */
  get end(): JobEnd | undefined {
    return this.#end;
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

  /** Where the last batch that was committed left each partition, for streams of at most 1,000 of them. */
  get offsets(): readonly OffsetView[] {
    return [...this.#offsets.values()];
  }

  batch(time: number): BatchView | undefined {
    return this.#running.get(time) ?? this.#waiting.get(time) ?? this.#ended.findLast((batch) => batch.time === time);
  }

  apply(event: JobEvent): void {
    if (event.event === "batch") this.#note(event.batch);
    else if (event.event === "retry") this.#retries++;
    else if (event.event === "receiver") this.#receivers.set(event.receiver.streamId, event.receiver);
    else if (event.event === "end") this.#end = event;
  }

  #note(batch: BatchView): void {
    const { time, status } = batch;
    this.#waiting.delete(time);
    this.#running.delete(time);
    if (status === "waiting") this.#waiting.set(time, batch);
    else if (status === "running") this.#running.set(time, batch);
    else this.#ending(batch);
  }

  #count({ name: source, records, offsetRanges = [] }: InputView): void {
    this.#recordsBySource.set(source, (this.#recordsBySource.get(source) ?? 0) + records);
    for (const { topic, partition, untilOffset: offset } of offsetRanges) {
      this.#offsets.set(`${source} ${topic} ${partition}`, { source, topic, partition, offset });
    }
  }

  #ending(batch: BatchView): void {
    if (batch.status === "failed") this.#failed++;
    else {
      this.#completed++;
      this.#records += batch.records;
      for (const input of batch.inputs) this.#count(input);
    }
    this.#ended.push(batch);
    if (this.#ended.length > retainedBatches) this.#ended.shift();
    const old = this.#ended.length - 1 - detailedBatches;
    if (old >= 0) this.#ended[old] = withoutDetails(this.#ended[old] as BatchView);
  }
}
