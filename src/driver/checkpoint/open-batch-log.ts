import { describeGraph } from "../../plan/graph/describe-graph.ts";
import type { Graph } from "../../plan/graph/plan-builder.ts";
import { statefulOperators } from "../../plan/graph/stateful-operators.ts";
import type { JobRuntime } from "../../runtime/job-runtime.ts";
import { BatchLog } from "./batch-log.ts";
import { newCheckpointState } from "./checkpoint-state.ts";
import { openCheckpoint } from "./open-checkpoint.ts";

export interface CheckpointOptions {
  /** Absolute path. */
  readonly directory: string;
  /** Refuse to go on with what is there. */
  readonly fresh: boolean;
  /** Batches that were missed while the job was down: in as few as there can be, or one by one. */
  readonly recovery: "merge" | "replay";
  /** Names of operators whose state is given up. */
  readonly dropState: readonly string[];
  /** Milliseconds that a start waits for another driver's end. */
  readonly lockWait: number;
}

export interface BatchLogOptions {
  readonly appName: string;
  readonly graph: Graph;
  readonly checkpoint: CheckpointOptions | undefined;
  /** Undefined: as the checkpoint has it, else the default. */
  readonly stateBuckets: number | undefined;
  readonly runtime: Pick<JobRuntime, "files" | "timers" | "random" | "process" | "log">;
  /** Ends the waiting for another driver. */
  readonly signal: AbortSignal;
}

const defaultBuckets = 64;

/** The log of a job's batches, which goes on where its checkpoint ends. @throws as `openCheckpoint`. */
export async function openBatchLog(options: BatchLogOptions): Promise<BatchLog> {
  const { appName, graph, checkpoint, stateBuckets, runtime, signal } = options;
  const description = describeGraph(graph);
  if (checkpoint === undefined) {
    const buckets = stateBuckets ?? defaultBuckets;
    return new BatchLog(newCheckpointState({ id: "", appName, buckets, graph: description }));
  }
  const { directory, fresh, dropState } = checkpoint;
  return openCheckpoint({
    directory,
    machine: runtime,
    process: runtime.process,
    log: runtime.log,
    fresh,
    program: {
      appName,
      buckets: stateBuckets,
      operators: (buckets) => statefulOperators(graph, buckets),
      dropState,
      sourceNames: graph.nodes.flatMap(({ kind, id }) => (kind === "source" ? [graph.names[id] as string] : [])),
    },
    defaultBuckets,
    graph: description,
    waitMs: checkpoint.lockWait,
    signal,
  });
}
