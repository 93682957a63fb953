import type { Attributes, BatchObservableResult, Histogram, Meter, Observable } from "@opentelemetry/api";
import type { Measure } from "../metrics/batch-measures.ts";
import { type Metric, metrics } from "../metrics/metric-table.ts";
import { boundaries, type Family } from "../metrics/samples.ts";

const units = { seconds: "s", bytes: "By" } as const;

/** Those of the table that are the job's: Node's own have instrumentations of their own. */
const exported = Object.values(metrics).filter(({ name }) => name.startsWith("dstream_"));

/** The name in OpenTelemetry. Its exporters to Prometheus turn it back into that of the table, whether or not they add units. */
export function instrumentName({ name }: Pick<Metric, "name">): string {
  return name.replaceAll("_", ".");
}

/** The metrics of a job as instruments of a meter: sums and gauges are read whenever they are exported, histograms are told of each value. */
export class ExportedMetrics {
  readonly #meter: Meter;
  readonly #observables = new Map<Metric, Observable>();
  readonly #histograms = new Map<Metric, Histogram>();
  readonly #observe: (result: BatchObservableResult) => void;

  /** `families` is called by the SDK, and must not throw. */
  constructor(meter: Meter, families: () => readonly Family[]) {
    this.#meter = meter;
    for (const metric of exported) this.#create(metric);
    this.#observe = (result) => {
      for (const { metric, samples } of families()) {
        const observable = this.#observables.get(metric);
        if (observable === undefined) continue;
        for (const { labels, value } of samples) result.observe(observable, value as number, attributesOf(labels));
      }
    };
    meter.addBatchObservableCallback(this.#observe, [...this.#observables.values()]);
  }

  record({ metric, labels, seconds, times }: Measure): void {
    const histogram = this.#histograms.get(metric);
    for (let i = 0; i < times; i++) histogram?.record(seconds, attributesOf(labels));
  }

  close(): void {
    this.#meter.removeBatchObservableCallback(this.#observe, [...this.#observables.values()]);
  }

  #create(metric: Metric): void {
    const name = instrumentName(metric);
    const { type, help: description, unit } = metric;
    const options = { description, ...(unit !== undefined && { unit: units[unit] }) };
    if (type === "histogram") {
      const advice = { explicitBucketBoundaries: [...boundaries] };
      this.#histograms.set(metric, this.#meter.createHistogram(name, { ...options, advice }));
    } else if (type === "counter") this.#observables.set(metric, this.#meter.createObservableCounter(name, options));
    else this.#observables.set(metric, this.#meter.createObservableGauge(name, options));
  }
}

const attributesOf = (labels: Readonly<Record<string, string>>): Attributes => labels;
