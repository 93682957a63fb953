import type { BatchInfo, StreamingListener } from "../driver/listener.ts";
import { invalidOption } from "../errors/check-options.ts";

/**
 * Prints how long the last batches took, after each batch: how many there are, mean, least and most of the total and of the
 * processing delay, in milliseconds.
 */
export class StatsReportListener implements StreamingListener {
  readonly #numBatches: number;
  readonly #write: (text: string) => void;
  readonly #last: BatchInfo[] = [];

  /**
   * @param numBatches how many batches are looked back on; default 10
   * @param write default: standard output
   * @throws INVALID_OPTION unless `numBatches` is a positive integer
   */
  constructor(numBatches = 10, write: (text: string) => void = (text) => void process.stdout.write(text)) {
    if (!Number.isSafeInteger(numBatches) || numBatches < 1) {
      throw invalidOption("StatsReportListener's numBatches", numBatches, "an integer of at least 1");
    }
    this.#numBatches = numBatches;
    this.#write = write;
  }

  onBatchCompleted({ batchInfo }: { readonly batchInfo: BatchInfo }): void {
    this.#last.push(batchInfo);
    if (this.#last.length > this.#numBatches) this.#last.shift();
    this.#report("Total delay", ({ totalDelay }) => totalDelay);
    this.#report("Processing time", ({ processingDelay }) => processingDelay);
  }

  #report(what: string, delayOf: (info: BatchInfo) => number | undefined): void {
    const delays = this.#last.map(delayOf).filter((delay) => delay !== undefined);
    if (delays.length === 0) return;
    const mean = delays.reduce((sum, delay) => sum + delay, 0) / delays.length;
    const [least, most] = [Math.min(...delays), Math.max(...delays)];
    this.#write(`${what}: ${delays.length} batches, mean ${mean.toFixed(1)} ms, min ${least} ms, max ${most} ms\n`);
  }
}
