import { checkNumber, checkPositive } from "../../errors/checks/check-number.ts";
import { checkOptionNames } from "../../errors/checks/check-options.ts";

/** Weights of the estimator's terms, and the least rate that it gives. */
export interface PIDRateEstimatorOptions {
  /** Milliseconds. */
  readonly batchInterval: number;
  /** Weight of how far the last rate was from what was processed. */
  readonly proportional: number;
  /** Weight of what waits, from the scheduling delay. */
  readonly integral: number;
  /** Weight of how fast the error changes. */
  readonly derived: number;
  /** Elements a second. */
  readonly minRate: number;
}

const weights = ["proportional", "integral", "derived"] as const;

/**
 * Spark's PID estimator: from how long a batch waited and took it tells how many elements a second a source may give, so that
 * batches neither wait nor leave the job idle. Rates are in elements a second, delays in milliseconds.
 */
export class PIDRateEstimator {
  readonly #options: PIDRateEstimatorOptions;
  #latestTime = -1;
  #latestRate = -1;
  #latestError = 0;
  #isFirst = true;

  /** @throws UNKNOWN_OPTION; INVALID_OPTION unless `batchInterval` and `minRate` are positive and the weights are not negative. */
  constructor(options: PIDRateEstimatorOptions) {
    checkOptionNames("PIDRateEstimator", options, ["batchInterval", ...weights, "minRate"]);
    const { batchInterval, minRate } = options;
    checkPositive("batchInterval", batchInterval);
    for (const name of weights) checkNumber(name, options[name], 0);
    checkPositive("minRate", minRate);
    this.#options = options;
  }

  /**
   * The rate behind a batch that ended at `time`, epoch ms. Undefined for the first batch, which only shows what can be
   * processed, and for batches that say nothing: not later than the last one, empty, or done in no time.
   */
  compute(time: number, numElements: number, processingDelay: number, schedulingDelay: number): number | undefined {
    if (!(time > this.#latestTime && numElements > 0 && processingDelay > 0)) return undefined;
    const { batchInterval, proportional, integral, derived, minRate } = this.#options;
    const secondsSince = (time - this.#latestTime) / 1_000;
    const processingRate = (numElements / processingDelay) * 1_000;
    this.#latestTime = time;
    if (this.#isFirst) {
      this.#isFirst = false;
      this.#latestRate = processingRate;
      return undefined;
    }
    const error = this.#latestRate - processingRate;
    const historicalError = (schedulingDelay * processingRate) / batchInterval;
    const errorChange = (error - this.#latestError) / secondsSince;
    const rate = this.#latestRate - proportional * error - integral * historicalError - derived * errorChange;
    this.#latestRate = Math.max(minRate, rate);
    this.#latestError = error;
    return this.#latestRate;
  }
}
