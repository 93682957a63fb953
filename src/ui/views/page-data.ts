import type { RunningStage } from "../../driver/batch/batch.ts";
import type { Phase, StateFacts } from "../../listeners/facts/batch-facts.ts";
import type { BatchStall, ReceiverInfo } from "../../listeners/streaming-listener.ts";
import type { JobDescription } from "../job-description.ts";
import type { BatchStatus } from "./batch-view.ts";

// What the page is given, as JSON. Times are epoch ms, durations ms.

/** A batch in a list or a chart; everything else of it is asked for by its time. */
export interface BatchRow {
  readonly time: number;
  readonly status: BatchStatus;
  readonly records: number;
  /** Records by input stream, in the order of the job's. */
  readonly inputs: readonly number[];
  readonly schedulingDelay?: number;
  readonly processingDelay?: number;
  readonly totalDelay?: number;
  /** How long each phase took. */
  readonly phases?: Readonly<Partial<Record<Phase, number>>>;
  readonly retries?: number;
  readonly lag?: number;
  readonly stateEntries?: number;
  readonly stateBytes?: number;
  readonly outputsDone: number;
  readonly outputsFailed: number;
  readonly outputsTotal: number;
  readonly failureReason?: string;
}

/** "unended": of an event log that does not say how the job ended: it was killed, or it still runs. */
export type JobState = "starting" | "running" | "behind" | "stopping" | "stopped" | "failed" | "unended";

/** A thing that is wrong now. */
export interface Problem {
  readonly code?: string;
  readonly text: string;
  /** Epoch ms, where it lasts. */
  readonly since?: number;
  /** The time of the batch that has it. */
  readonly batch?: number;
}

/** A position of a Kafka partition, or of all partitions of a topic where there are too many. */
export interface OffsetRow {
  readonly source: string;
  readonly topic: string;
  /** Undefined: all of the topic. */
  readonly partition?: number;
  /** The next record to read; of a whole topic the sum. */
  readonly offset: number;
  readonly lag?: number;
}

/** Since the job was started. */
export interface JobTotals {
  readonly completed: number;
  readonly failed: number;
  readonly retries: number;
  readonly records: number;
}

/** How the job is doing at this moment. */
export interface JobStatus {
  readonly now: number;
  readonly state: JobState;
  readonly totals: JobTotals;
  readonly waiting: number;
  /** Records a second over the last ten batches. */
  readonly inputRate?: number;
  /** Records a second while batches ran. */
  readonly processingRate?: number;
  readonly lag?: number;
  /** How far the batch is that runs, by the tasks of its stage; undefined while no stage runs. */
  readonly runningStage?: RunningStage;
  readonly problems: readonly Problem[];
  readonly stall?: BatchStall;
  readonly receivers: readonly ReceiverInfo[];
  readonly operatorState: readonly StateFacts[];
  /** Rows of the last batch that operators gave, by name. */
  readonly rows: Readonly<Record<string, number>>;
  /** Which operators ran in which stage of the last batch. */
  readonly stages: readonly { readonly stage: number; readonly operators: readonly string[] }[];
  readonly offsets: readonly OffsetRow[];
  readonly heapUsedBytes: number;
  readonly eventLoopDelayMs: number;
}

/** Everything that the page begins with. */
export interface JobView {
  readonly job: JobDescription;
  readonly status: JobStatus;
  /** The last batches, oldest first. */
  readonly batches: readonly BatchRow[];
  /** Whether it may be asked how large buckets of state are, and for values of state. */
  readonly showsBuckets: boolean;
  readonly showsState: boolean;
}

/** What a page is told while it listens: batches that got further, and how the job is doing. */
export interface JobNews {
  readonly status: JobStatus;
  readonly batches: readonly BatchRow[];
  /** Times of batches that will not run. */
  readonly dropped: readonly number[];
}
