import { aCount, aFlag, aNumber, aRate, aSize, aText, aTime } from "./spark-values.ts";

// Settings of Spark that have to do with what this package does, and what becomes of each. docs/guide/from-spark.md has the same
// table, which a test compares. Settings that are not here are the cluster's.

/** What becomes of a setting. */
export type SettingRule =
  /** It sets an option of the context (`backpressure.enabled`: a part of one), unless the program gives that itself. */
  | { readonly becomes: "option"; readonly option: string; readonly parse: (name: string, text: string) => unknown }
  /** It sets what has no option of the context; `instead` is what the program may give elsewhere. */
  | { readonly becomes: keyof ConfSettings; readonly parse: (name: string, text: string) => unknown }
  /** Nothing depends on it here. */
  | { readonly becomes: "nothing" }
  /** Only with one of these values; `advice` is what to do instead of others. */
  | { readonly becomes: "refused"; readonly unless: readonly string[]; readonly advice: string };

/** What settings say that no option of the context does. */
export interface ConfSettings {
  /** Of direct streams that do not say it themselves. */
  readonly maxRatePerPartition?: number;
  readonly minRatePerPartition?: number;
  /** Records a second of each receiver. */
  readonly receiverMaxRate?: number;
  /** Milliseconds; rows of a receiver that come within it are a partition. */
  readonly blockInterval?: number;
  /** Milliseconds for which streams of files remember files. */
  readonly minRememberDuration?: number;
  /** What `stop()` does with the cluster where it is not told. */
  readonly stopCluster?: boolean;
}

const option = (name: string, parse: (name: string, text: string) => unknown): SettingRule => {
  return { becomes: "option", option: name, parse };
};
const nothing: SettingRule = { becomes: "nothing" };
const refused = (advice: string, ...unless: readonly string[]): SettingRule => {
  return { becomes: "refused", unless, advice };
};
const walAdvice =
  "there is no write-ahead log of received rows; a receiver that waits for the promise of store() loses none";

export const sparkSettings: Readonly<Record<string, SettingRule>> = {
  "spark.app.name": option("appName", aText),
  "spark.master": option("master", aText),
  "spark.remote": option("master", aText),
  "spark.default.parallelism": option("defaultParallelism", aCount(1)),
  "spark.driver.maxResultSize": option("maxResultBytes", aSize),
  "spark.task.maxFailures": refused("set maxBatchRetries: a batch is run again, not a task"),
  "spark.streaming.backpressure.enabled": option("backpressure.enabled", aFlag),
  "spark.streaming.backpressure.initialRate": option("backpressure.initialRate", aCount(1)),
  "spark.streaming.backpressure.pid.proportional": option("backpressure.pid.proportional", aNumber("from 0")),
  "spark.streaming.backpressure.pid.integral": option("backpressure.pid.integral", aNumber("from 0")),
  "spark.streaming.backpressure.pid.derived": option("backpressure.pid.derived", aNumber("from 0")),
  "spark.streaming.backpressure.pid.minRate": option("backpressure.minRate", aNumber("above 0")),
  "spark.streaming.backpressure.rateEstimator": refused(
    "the estimator is Spark's PID estimator, set by backpressure",
    "pid",
  ),
  "spark.streaming.receiver.maxRate": { becomes: "receiverMaxRate", parse: aRate },
  "spark.streaming.kafka.maxRatePerPartition": { becomes: "maxRatePerPartition", parse: aRate },
  "spark.streaming.kafka.minRatePerPartition": { becomes: "minRatePerPartition", parse: aCount(1) },
  "spark.streaming.stopGracefullyOnShutdown": option("stopGracefullyOnShutdown", aFlag),
  "spark.streaming.gracefulStopTimeout": option("gracefulStopTimeout", aTime("ms", 0)),
  "spark.streaming.stopSparkContextByDefault": { becomes: "stopCluster", parse: aFlag },
  "spark.streaming.checkpoint.directory": option("checkpointDir", aText),
  "spark.streaming.blockInterval": { becomes: "blockInterval", parse: aTime("ms", 1) },
  "spark.streaming.fileStream.minRememberDuration": { becomes: "minRememberDuration", parse: aTime("s", 1) },
  "spark.streaming.minRememberDuration": { becomes: "minRememberDuration", parse: aTime("s", 1) },
  "spark.streaming.concurrentJobs": refused("batches run one after the other, since each commits before the next", "1"),
  "spark.streaming.receiver.writeAheadLog.enable": refused(walAdvice, "false"),
  "spark.streaming.receiver.writeAheadLog.class": refused(walAdvice),
  "spark.streaming.receiver.writeAheadLog.rollingIntervalSecs": nothing,
  "spark.streaming.receiver.writeAheadLog.maxFailures": nothing,
  "spark.streaming.receiver.writeAheadLog.closeFileAfterWrite": nothing,
  "spark.streaming.receiver.blockStoreTimeout": nothing,
  "spark.streaming.receiverRestartDelay": refused("give restart() of the receiver its delayMs", "2000"),
  "spark.streaming.driver.writeAheadLog.class": refused("the driver's log is the journal in checkpointDir"),
  "spark.streaming.driver.writeAheadLog.rollingIntervalSecs": nothing,
  "spark.streaming.driver.writeAheadLog.maxFailures": nothing,
  "spark.streaming.driver.writeAheadLog.closeFileAfterWrite": nothing,
  "spark.streaming.driver.writeAheadLog.allowBatching": nothing,
  "spark.streaming.driver.writeAheadLog.batchingTimeout": nothing,
  "spark.streaming.kafka.consumer.poll.ms": nothing,
  "spark.streaming.kafka.consumer.cache.enabled": nothing,
  "spark.streaming.kafka.consumer.cache.timeout": nothing,
  "spark.streaming.kafka.consumer.cache.initialCapacity": nothing,
  "spark.streaming.kafka.consumer.cache.maxCapacity": nothing,
  "spark.streaming.kafka.consumer.cache.loadFactor": nothing,
  "spark.streaming.kafka.allowNonConsecutiveOffsets": nothing,
  "spark.streaming.kafka.maxRetries": nothing,
  "spark.streaming.unpersist": nothing,
  "spark.streaming.ui.retainedBatches": nothing,
  "spark.streaming.sessionByKey.deltaChainThreshold": nothing,
  "spark.streaming.dynamicAllocation.enabled": refused("the cluster decides how many executors there are", "false"),
  "spark.streaming.clock": refused("set the option clock"),
};
