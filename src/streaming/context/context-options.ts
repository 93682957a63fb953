import { checkSparkConnection, type SparkConnectionOptions } from "../../cluster/spark/connect/connection-options.ts";
import { checkInteger } from "../../errors/checks/check-number.ts";
import {
  checkFlag,
  checkObject,
  checkOptionNames,
  checkPath,
  checkText,
  checkTexts,
  invalidOption,
  propertyOf,
} from "../../errors/checks/check-options.ts";
import type { JobRuntime, runtimeKey } from "../../runtime/job-runtime.ts";
import { checkLogger, type Logger } from "../../runtime/log/logger.ts";
import type { Clock } from "../../runtime/machine/clock.ts";
import type { BackpressureOptions } from "../../sources/rate/rate-controller.ts";
import { checkUIOptions, type UIOptions } from "../../ui/ui-options.ts";
import type { Duration } from "../duration.ts";
import { checkBackpressure } from "./check-backpressure.ts";

/** How a job runs. */
export interface StreamingContextOptions {
  /** Names the job; also the default consumer group of its Kafka streams. */
  readonly appName: string;
  /** Milliseconds between two batches. */
  readonly batchInterval: Duration;
  /**
   * "local" (this thread), "local[n]", "local[*]", "sc://host:port" (Spark Connect). The command line and DSTREAM_MASTER come first. Default "local". A function
   * that never returns can be ended on "local[n]"; on "local" it keeps the program itself from noticing signals.
   */
  readonly master?: string;
  /**
   * Folder of the job's checkpoint, which every worker must reach. A job that is started with the checkpoint of an earlier run
   * goes on where that ended. Default: none; each start begins anew, and state lives in the workers' memory.
   */
  readonly checkpointDir?: string;
  /** Refuse a folder that has a checkpoint instead of going on with it. Default false. */
  readonly fresh?: boolean;
  /**
   * What was missed while the job was down: "merge" takes it in as few batches as the rate limits allow, "replay" makes a batch
   * for each interval, as Spark does. Default "merge".
   */
  readonly recovery?: "merge" | "replay";
  /**
   * Names of operators whose state in the checkpoint is given up, once: since the program does not have them any more, or shall
   * begin them anew. Names of which there is no state are INVALID_OPTION at start, unless the start before was told the same.
   * Default none.
   */
  readonly dropState?: readonly string[];
  /** How long start() waits for a checkpoint that another driver has locked. Default 0: CHECKPOINT_LOCKED at once. */
  readonly lockWait?: Duration;
  /** The module that workers load. Default: the program's entry. */
  readonly jobFile?: string | URL;
  /** Bytes of rows that one output may bring to the driver in one batch. Default 256 MiB. */
  readonly maxResultBytes?: number;
  /** Partitions of a shuffle that names none. Default: the larger of its parent's partitions and the cluster's slots. */
  readonly defaultParallelism?: number;
  /** On SIGTERM or SIGINT run what was received and planned, too. Default false: finish the running batch. */
  readonly stopGracefullyOnShutdown?: boolean;
  /** Milliseconds that a graceful stop may take. Default: ten batch intervals, at least 10 s. */
  readonly gracefulStopTimeout?: Duration;
  /** How much the sources may take in: Kafka streams and receivers. Default: no limit but their own. */
  readonly backpressure?: BackpressureOptions;
  /** Buckets of keyed state; fixed in a checkpoint once it has begun. Default 64. */
  readonly stateBuckets?: number;
  /**
   * Where keyed state is while the job runs. "memory": in the workers' memory. "disk": in files, those of the checkpoint or
   * temporary ones, of which only what a batch needs is read; for state that is larger than memory. Default "memory".
   */
  readonly stateStore?: "memory" | "disk";
  /** How often a batch is run again after an error that may pass. Default 3. */
  readonly maxBatchRetries?: number;
  /** Names of environment variables that workers on other machines get; those that are not set are left out. */
  readonly workerEnv?: readonly string[];
  /**
   * Settings of Spark. Those that mean what an option means set that option (docs/guide/from-spark.md has the table; one that
   * differs from the option, or has another meaning here, is INVALID_OPTION); others that begin with "spark." are the session's on
   * a Spark cluster. "dstream.spark.nodeArchive": the path of an official Node archive for executors of another platform than the
   * driver's.
   */
  readonly conf?: Readonly<Record<string, string>>;
  /** How a Spark master is reached, beside what its connection string says: token, headers, certificates. Default: nothing. */
  readonly spark?: SparkConnectionOptions;
  /** The job's page, its REST API, metrics and health (docs/guide/seeing-a-job.md). Default: none. `dstream run --ui` comes first. */
  readonly ui?: UIOptions;
  /** A folder for the job's events, one JSON line each, for `dstream history`. Default: none. */
  readonly eventLog?: string;
  /**
   * Where the job's messages go: its start and end, batches that are run again, all that it warns of (docs/guide/operating.md). Default:
   * standard error, a line each; JSON with DSTREAM_LOG=json, from `info` on or as DSTREAM_LOG_LEVEL says. `dstream run --log` and
   * `--log-level` come before the variables.
   */
  readonly logger?: Logger;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /** @internal What the job has of the world in place of the process's own: for tests, and simulations of several processes in one. */
  readonly [runtimeKey]?: Partial<JobRuntime>;
}

const supported = [
  "appName",
  "checkpointDir",
  "fresh",
  "recovery",
  "dropState",
  "lockWait",
  "batchInterval",
  "master",
  "jobFile",
  "maxResultBytes",
  "defaultParallelism",
  "stopGracefullyOnShutdown",
  "gracefulStopTimeout",
  "backpressure",
  "stateBuckets",
  "stateStore",
  "maxBatchRetries",
  "clock",
  "conf",
  "spark",
  "workerEnv",
  "ui",
  "eventLog",
  "logger",
];

const minGracefulStopMs = 10_000;
/** Of a program that waits for nothing. */
const unheardGraceMs = 1_000;

/** What a stop may take, in ms. */
export function gracefulStopMs({ gracefulStopTimeout, batchInterval }: StreamingContextOptions): number {
  return gracefulStopTimeout ?? Math.max(10 * batchInterval, minGracefulStopMs);
}

/** What a program has after its job, in ms: one that is told of the end may have something to do then. */
export function graceAfterJob(options: StreamingContextOptions, isTold: boolean): number {
  return isTold ? gracefulStopMs(options) : Math.min(gracefulStopMs(options), unheardGraceMs);
}

/** @throws UNKNOWN_OPTION, INVALID_OPTION. */
export function checkContextOptions(options: StreamingContextOptions): void {
  checkOptionNames("StreamingContext", options, supported);
  const { appName, clock, master, jobFile, checkpointDir } = options;
  checkText("appName", appName, "a non-empty string");
  if (master !== undefined) checkText("master", master);
  if (jobFile !== undefined && !(jobFile instanceof URL)) checkText("jobFile", jobFile, "a path or a URL");
  if (checkpointDir !== undefined) checkFolder("checkpointDir", checkpointDir);
  const { recovery, dropState, stateStore, workerEnv, conf } = options;
  if (stateStore !== undefined && stateStore !== "memory" && stateStore !== "disk") {
    throw invalidOption("stateStore", stateStore, '"memory" or "disk"');
  }
  if (recovery !== undefined && recovery !== "merge" && recovery !== "replay") {
    throw invalidOption("recovery", recovery, '"merge" or "replay"');
  }
  if (dropState !== undefined) checkTexts("dropState", dropState, "a list of names");
  if (workerEnv !== undefined) checkTexts("workerEnv", workerEnv, "a list of names");
  if (conf !== undefined) checkObject("conf", conf);
  if (options.spark !== undefined) checkSparkConnection(options.spark);
  if (options.ui !== undefined) checkUIOptions(options.ui);
  if (options.eventLog !== undefined) checkFolder("eventLog", options.eventLog);
  if (options.logger !== undefined) checkLogger("logger", options.logger);
  checkFlag("fresh", options.fresh);
  checkFlag("stopGracefullyOnShutdown", options.stopGracefullyOnShutdown);
  checkInteger("batchInterval", options.batchInterval, 1);
  if (options.maxResultBytes !== undefined) checkInteger("maxResultBytes", options.maxResultBytes, 1);
  if (options.defaultParallelism !== undefined) checkInteger("defaultParallelism", options.defaultParallelism, 1);
  if (options.gracefulStopTimeout !== undefined) checkInteger("gracefulStopTimeout", options.gracefulStopTimeout, 0);
  if (options.lockWait !== undefined) checkInteger("lockWait", options.lockWait, 0);
  if (options.stateBuckets !== undefined) checkInteger("stateBuckets", options.stateBuckets, 1);
  if (options.maxBatchRetries !== undefined) checkInteger("maxBatchRetries", options.maxBatchRetries, 0);
  if (options.backpressure !== undefined) checkBackpressure(options.backpressure);
  const isClock = ["now", "waitTill"].every((name) => typeof propertyOf(clock, name) === "function");
  if (clock !== undefined && !isClock) {
    throw invalidOption("clock", clock, "an object with now() and waitTill()");
  }
}

/** @throws INVALID_OPTION for what is no path; an empty one would be the folder that the program was started in. */
export function checkFolder(what: string, path: string): void {
  checkPath(what, path, "the path of a folder");
}
