import type { BatchInfo, StreamingListener } from "../../listeners/streaming-listener.ts";
import { PIDRateEstimator } from "./pid-rate-estimator.ts";

/** How much the sources of a job may take in. Rates are in records a second, of each source. */
export interface BackpressureOptions {
  /** Follow what the job can process. Default false. */
  readonly enabled?: boolean;
  /** Until the first batches have shown what can be processed. Default: as `maxRate`. */
  readonly initialRate?: number;
  /** The estimator never goes below this. Default 100. */
  readonly minRate?: number;
  /** No source goes above this, also without `enabled`. Default: no limit. */
  readonly maxRate?: number;
  /** Weights of the estimator. Default: 1 for proportional, 0.2 for integral, 0 for derived. */
  readonly pid?: { readonly proportional?: number; readonly integral?: number; readonly derived?: number };
}

/** Follows the batches of one source and says how many records a second it may give. */
export class RateController implements StreamingListener {
  readonly #streamId: number;
  readonly #options: BackpressureOptions;
  readonly #estimator: PIDRateEstimator | undefined;
  #estimate: number | undefined;

  /** `batchInterval` in milliseconds. @throws INVALID_OPTION as PIDRateEstimator. */
  constructor(streamId: number, options: BackpressureOptions, batchInterval: number) {
    this.#streamId = streamId;
    this.#options = options;
    const { proportional = 1, integral = 0.2, derived = 0 } = options.pid ?? {};
    const minRate = options.minRate ?? 100;
    this.#estimator = options.enabled
      ? new PIDRateEstimator({ batchInterval, proportional, integral, derived, minRate })
      : undefined;
  }

  /** Records a second for the next batch; undefined: as many as there are. */
  get rate(): number | undefined {
    const { enabled, initialRate, maxRate } = this.#options;
    const followed = enabled ? (this.#estimate ?? initialRate) : undefined;
    if (followed === undefined || maxRate === undefined) return followed ?? maxRate;
    return Math.min(followed, maxRate);
  }

  onBatchCompleted({ batchInfo }: { readonly batchInfo: BatchInfo }): void {
    const { processingEndTime, processingDelay, schedulingDelay, streamIdToInputInfo } = batchInfo;
    const numRecords = streamIdToInputInfo.get(this.#streamId)?.numRecords ?? 0;
    if (processingEndTime === undefined || processingDelay === undefined || schedulingDelay === undefined) return;
    this.#estimate =
      this.#estimator?.compute(processingEndTime, numRecords, processingDelay, schedulingDelay) ?? this.#estimate;
  }
}
