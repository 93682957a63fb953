import { resolve } from "node:path";
import { Driver, type DriverOptions } from "../../driver/driver.ts";
import type { JobLog } from "../../runtime/log/job-log.ts";
import { GroupClaims } from "../../sources/kafka/planning/group-claims.ts";
import { QueueSource } from "../../sources/queue-source.ts";
import { checkTextFiles } from "../output/check-text-files.ts";
import { clusterOf } from "./choose-cluster.ts";
import { gracefulStopMs } from "./context-options.ts";
import type { JobBuilder } from "./job-builder.ts";
import { jobFilePath, namedVariables } from "./job-place.ts";
import type { LoadedModules } from "./loaded-modules.ts";
import { resolveMaster } from "./master.ts";
import { shownMaster } from "./page/setting-texts.ts";
import { requireCheckpoint } from "./require-checkpoint.ts";
import type { EffectiveOptions } from "./spark-conf/effective-options.ts";

/** What workers run for a test: arguments in place of the program's, and the modules that these name. */
export interface TestProgram {
  readonly arguments: readonly string[];
  readonly modules: readonly string[];
}

/** A context's parts that its driver is made of. */
interface DriverParts extends Pick<DriverOptions, "graph" | "bus" | "began" | "ended"> {
  readonly options: EffectiveOptions;
  readonly modules: LoadedModules;
  readonly job: JobBuilder;
  readonly checkpointDir: string | undefined;
  readonly maxResultBytes: number;
  readonly test: TestProgram | undefined;
}

const defaultBatchRetries = 3;

/** The driver of a job, not yet started. @throws INVALID_OPTION, CHECKPOINT_REQUIRED, BUILD_MISMATCH */
export async function makeDriver({
  options,
  modules,
  job,
  checkpointDir,
  test,
  ...others
}: DriverParts): Promise<Driver> {
  const { fresh = false, recovery = "merge", dropState = [], clock, runtime } = options;
  const { process } = runtime;
  const master = resolveMaster(options.master, process);
  if (checkpointDir === undefined) requireCheckpoint(others.graph);
  await checkTextFiles(others.graph, runtime.files);
  await modules.check();
  const isCheckpointed = checkpointDir !== undefined;
  const common = { isCheckpointed, groups: new GroupClaims(isCheckpointed, runtime.log) };
  const sources = await Promise.all(
    [...job.sources].map(([nodeId, create], streamId) => create(nodeId, streamId, common)),
  );
  if (checkpointDir !== undefined && sources.some((source) => source instanceof QueueSource)) warnOfQueue(runtime.log);
  return new Driver({
    ...others,
    appName: options.appName,
    master: shownMaster(master),
    cluster: await clusterOf(master, options),
    sources,
    clock,
    runtime,
    actions: job.actions,
    broadcasts: job.broadcasts,
    accumulators: job.accumulators,
    batchIntervalMs: options.batchInterval,
    defaultParallelism: options.defaultParallelism,
    stateBuckets: options.stateBuckets,
    stateStore: options.stateStore ?? "memory",
    maxBatchRetries: options.maxBatchRetries ?? defaultBatchRetries,
    jobFile: jobFilePath(options.jobFile, process),
    jobArguments: test?.arguments ?? process.program.slice(1),
    jobModules: test?.modules ?? [],
    environment: namedVariables(options.workerEnv ?? [], process),
    checkpoint:
      checkpointDir === undefined
        ? undefined
        : { directory: resolve(checkpointDir), fresh, recovery, dropState, lockWait: lockWait(options) },
    maxBatches: process.runOptions.batches,
    stopTimeoutMs: gracefulStopMs(options),
    keepsCluster: test !== undefined,
  });
}

/** The command line comes first. */
function lockWait({ runtime, lockWait: own = 0 }: EffectiveOptions): number {
  return runtime.process.runOptions.lockWait ?? own;
}

/** Spark's warning: the first run works, and is the last with this checkpoint. */
function warnOfQueue(log: JobLog): void {
  const text = "queueStream doesn't support checkpointing: the job cannot be resumed from its checkpoint";
  log.warn("QUEUE_NOT_RESUMABLE", text);
}
