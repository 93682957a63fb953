import type { Plan } from "../plan/plan.ts";
import type { OutputPart, SourceInput } from "../task/task-spec.ts";

/** A job as a cluster needs it: the plan, and where workers find the code that built it. */
export interface ClusterJob {
  readonly plan: Plan;
  /** Bytes of collected rows of one output in one batch. */
  readonly maxResultBytes: number;
  /** The module that workers load, and the arguments it gets (process.argv from the third on). */
  readonly jobFile: string;
  readonly jobArguments: readonly string[];
}

/** One attempt at one batch. */
export interface BatchSpec {
  readonly time: number;
  readonly attempt: number;
  /** Every partition of every source that has an RDD in this batch. */
  readonly inputs: readonly SourceInput[];
  /** Partitions of each node, by node id. */
  readonly counts: readonly number[];
  /** Whether each node has an RDD, by node id. */
  readonly present: readonly boolean[];
}

export interface BatchResult {
  /** What each output collected, in no particular order. */
  readonly outputs: readonly OutputPart[];
  readonly recordsRead: number;
}

/** A place that can run levels and move blocks between them. */
export interface Cluster {
  /** Tasks that it runs at once; known once it is open. */
  readonly slots: number;
  /** Finds the cluster. @throws what keeps it from being reached. */
  open(): Promise<void>;
  /** @throws GRAPH_MISMATCH or BUILD_MISMATCH when a worker built something else from the job's file. */
  start(job: ClusterJob): Promise<void>;
  /** Runs all levels of a batch. State that it changes is not visible before `commit`; running a batch again is safe. */
  runBatch(batch: BatchSpec, signal: AbortSignal): Promise<BatchResult>;
  /** The batch is committed: its state becomes the state that later batches begin with. */
  commit(time: number): Promise<void>;
  stop(): Promise<void>;
}
