import { checkBounds, countBuckets, evenBuckets } from "./histogram.ts";
import { PairActions } from "./pair-actions.ts";
import { StatCounter } from "./stat-counter.ts";

/** The actions on numbers. */
export abstract class NumericActions<R extends NumericActions<R>> extends PairActions<R> {
  sum(): Promise<number> {
    return this.withRows("sum", sumOf);
  }

  stats(): Promise<StatCounter> {
    return this.withRows("stats", (rows) => new StatCounter(rows));
  }

  mean(): Promise<number> {
    return this.withRows("mean", (rows) => new StatCounter(rows).mean);
  }

  variance(): Promise<number> {
    return this.withRows("variance", (rows) => new StatCounter(rows).variance);
  }

  stdev(): Promise<number> {
    return this.withRows("stdev", (rows) => new StatCounter(rows).stdev);
  }

  sampleVariance(): Promise<number> {
    return this.withRows("sampleVariance", (rows) => new StatCounter(rows).sampleVariance);
  }

  sampleStdev(): Promise<number> {
    return this.withRows("sampleStdev", (rows) => new StatCounter(rows).sampleStdev);
  }

  histogram(buckets: number | readonly number[]): Promise<any> {
    return this.withRows("histogram", (rows) => {
      const values = [...rows];
      if (typeof buckets !== "number") {
        checkBounds(buckets);
        return countBuckets(values, buckets);
      }
      const bounds = evenBuckets(values, buckets);
      return [bounds, countBuckets(values, bounds)];
    });
  }
}

export function sumOf(values: Iterable<number>): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
