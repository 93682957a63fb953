import { checkInteger } from "../../errors/checks/check-number.ts";
import { checkFunction } from "../../errors/checks/check-options.ts";
import type { BatchInfo, StreamingListener } from "../../listeners/streaming-listener.ts";
import { StatCounter } from "../rdd/actions/stat-counter.ts";

const percentiles = [0, 5, 10, 25, 50, 75, 90, 95, 100];

/**
 * Prints how long the last batches took, after each batch, in the form of Spark's: count, mean, stdev, max, min and percentiles of
 * the total delay and of the processing time.
 */
export class StatsReportListener implements StreamingListener {
  readonly #numBatches: number;
  readonly #write: (text: string) => unknown;
  readonly #last: BatchInfo[] = [];

  /**
   * @param numBatches how many batches are looked back on; default 10
   * @param write default: standard output. It is not waited for; what it throws or rejects with is a warning (LISTENER_FAILED)
   * @throws INVALID_OPTION unless `numBatches` is a positive integer and `write` a function
   */
  constructor(numBatches = 10, write: (text: string) => void = (text) => void process.stdout.write(text)) {
    checkInteger("StatsReportListener's numBatches", numBatches, 1);
    this.#numBatches = numBatches;
    this.#write = checkFunction("StatsReportListener", write);
  }

  async onBatchCompleted({ batchInfo }: { readonly batchInfo: BatchInfo }): Promise<void> {
    this.#last.push(batchInfo);
    if (this.#last.length > this.#numBatches) this.#last.shift();
    const reports = [
      this.#reportOf("Total delay", ({ totalDelay }) => totalDelay),
      this.#reportOf("Processing time", ({ processingDelay }) => processingDelay),
    ];
    // Whatever it does with one, it gets the other.
    await Promise.all(reports.map(async (text) => text !== undefined && this.#write(text)));
  }

  #reportOf(what: string, delayOf: (info: BatchInfo) => number | undefined): string | undefined {
    const delays = this.#last.map(delayOf).filter((delay) => delay !== undefined);
    if (delays.length === 0) return undefined;
    delays.sort((a, b) => a - b);
    const quantiles = percentiles.map((percent) => {
      const index = Math.min(Math.floor((percent / 100) * delays.length), delays.length - 1);
      return durationText(delays[index] as number);
    });
    const header = percentiles.map((percent) => `\t${percent}%`).join("");
    return `${what}: ${new StatCounter(delays)}\n${header}\n\t${quantiles.join("\t")}\n`;
  }
}

const units = [
  [3_600_000, "hours"],
  [60_000, "min"],
  [1_000, "s"],
] as const;

function durationText(ms: number): string {
  const [size, unit] = units.find(([least]) => ms > least) ?? [1, "ms"];
  return `${(ms / size).toFixed(1)} ${unit}`;
}
