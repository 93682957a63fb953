import type { Metric } from "./metric-table.ts";

export type Labels = Readonly<Record<string, string>>;

/** One value of a metric. Of histograms: how many values there were up to each boundary, and their sum. */
export interface Sample {
  readonly labels: Labels;
  readonly value: number | HistogramValue;
}

export interface HistogramValue {
  /** Cumulative, by boundary; without that of infinity, which is `count`. */
  readonly buckets: readonly (readonly [number, number])[];
  readonly sum: number;
  readonly count: number;
}

export interface Family {
  readonly metric: Metric;
  readonly samples: readonly Sample[];
}

/** Of histograms, in seconds. */
export const boundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** Counts seconds by size. */
export class Histogram {
  readonly #counts = new Float64Array(boundaries.length);
  #sum = 0;
  #count = 0;

  /** `times`: how often there was just this value. */
  add(seconds: number, times = 1): void {
    this.#count += times;
    this.#sum += seconds * times;
    const at = boundaries.findIndex((boundary) => seconds <= boundary);
    if (at >= 0) this.#counts[at] = (this.#counts[at] as number) + times;
  }

  get value(): HistogramValue {
    let below = 0;
    const buckets = boundaries.map((boundary, i): [number, number] => {
      below += this.#counts[i] as number;
      return [boundary, below];
    });
    return { buckets, sum: this.#sum, count: this.#count };
  }
}
