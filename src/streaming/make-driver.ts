import { resolve } from "node:path";
import { Driver, type DriverOptions } from "../driver/driver.ts";
import { QueueSource } from "../driver/sources/queue-source.ts";
import { operatorText } from "../errors/user-function-failed.ts";
import type { Graph } from "../plan/plan-builder.ts";
import { systemClock } from "../runtime/clock.ts";
import { runOptions } from "../runtime/role.ts";
import type { StreamingContextOptions } from "./context-options.ts";
import type { JobBuilder } from "./job-builder.ts";
import { jobFilePath, namedVariables } from "./job-place.ts";
import { clusterOf, resolveMaster } from "./master.ts";

/** What workers run for a test: arguments in place of the program's, and the modules that these name. */
export interface TestProgram {
  readonly arguments: readonly string[];
  readonly modules: readonly string[];
}

/** A context's parts that its driver is made of. */
interface DriverParts extends Pick<DriverOptions, "graph" | "bus" | "began" | "ended"> {
  readonly options: StreamingContextOptions;
  readonly job: JobBuilder;
  readonly checkpointDir: string | undefined;
  readonly maxResultBytes: number;
  readonly test: TestProgram | undefined;
}

const defaultBatchRetries = 3;

/** The driver of a job, not yet started. @throws INVALID_OPTION */
export async function makeDriver({ options, job, checkpointDir, test, ...others }: DriverParts): Promise<Driver> {
  const { fresh = false, recovery = "merge", dropState = [], clock = systemClock } = options;
  const sources = [...job.sources].map(([nodeId, create], streamId) => create(nodeId, streamId));
  if (checkpointDir === undefined) warnOfState(others.graph);
  else if (sources.some((source) => source instanceof QueueSource)) warnOfQueue();
  return new Driver({
    ...others,
    appName: options.appName,
    cluster: await clusterOf(resolveMaster(options.master), options.conf ?? {}),
    sources,
    clock,
    actions: job.actions,
    broadcasts: job.broadcasts,
    accumulators: job.accumulators,
    batchIntervalMs: options.batchInterval,
    defaultParallelism: options.defaultParallelism,
    stateBuckets: options.stateBuckets,
    stateStore: options.stateStore ?? "memory",
    maxBatchRetries: options.maxBatchRetries ?? defaultBatchRetries,
    jobFile: jobFilePath(options.jobFile),
    jobArguments: test?.arguments ?? process.argv.slice(2),
    jobModules: test?.modules ?? [],
    environment: namedVariables(options.workerEnv ?? []),
    checkpoint:
      checkpointDir === undefined ? undefined : { directory: resolve(checkpointDir), fresh, recovery, dropState },
    maxBatches: runOptions().batches,
    keepsCluster: test !== undefined,
  });
}

/** Spark's warning: the first run works, and is the last with this checkpoint. */
function warnOfQueue(): void {
  process.emitWarning("queueStream doesn't support checkpointing: the job cannot be resumed from its checkpoint", {
    type: "DStreamCheckpoint",
  });
}

/** Where Spark refuses to start. */
function warnOfState({ nodes }: Graph): void {
  const keyed = nodes.filter((node) => node.kind === "keyed" && node.update !== undefined);
  if (keyed.length === 0) return;
  const operators = keyed.map(operatorText).join(", ");
  process.emitWarning(`the state of ${operators} is lost when the job ends; set checkpointDir to keep it`, {
    type: "DStreamCheckpoint",
  });
}
