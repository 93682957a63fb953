import type { BatchInfo } from "../../listeners/streaming-listener.ts";
import { rarely } from "../../runtime/log/rarely.ts";
import { thisMachine } from "../../runtime/machine/machine.ts";
import { version } from "../../version.ts";
import { batchMeasures } from "../metrics/batch-measures.ts";
import { JobMetrics } from "../metrics/job-metrics.ts";
import type { Family } from "../metrics/samples.ts";
import { traceBatch } from "./batch-trace.ts";
import { ExportedMetrics } from "./exported-metrics.ts";
import { type Api, findApi } from "./find-api.ts";
import type { TelemetryOptions } from "./telemetry-watch.ts";

/** What jobs that have ended still show to a provider, for its last export; the next job on it takes it away. */
const left = new WeakMap<object, (() => void)[]>();

/** A job's metrics and traces for the SDK that is registered. Whatever the SDK throws is a warning, and the job goes on. */
export class Telemetry {
  readonly #api: Api;
  readonly #options: TelemetryOptions;
  readonly #metrics: JobMetrics;
  readonly #warn = rarely((text) => this.#options.log.warn("TELEMETRY_FAILED", text), thisMachine.timers);
  /** Whose instruments there are, or could not be made. */
  #provider: object | undefined;
  #exported: ExportedMetrics | undefined;
  #last: readonly Family[] | undefined;

  private constructor(api: Api, options: TelemetryOptions) {
    this.#api = api;
    this.#options = options;
    this.#metrics = new JobMetrics(options.history, options.inputs);
  }

  /** @throws where the API is not found. */
  static of(options: TelemetryOptions): Telemetry {
    const telemetry = new Telemetry(findApi(options.files), options);
    telemetry.#unharmed(() => telemetry.#open());
    return telemetry;
  }

  batchEnded(info: BatchInfo): void {
    this.#unharmed(() => this.#open());
    this.#metrics.onBatchCompleted({ batchInfo: info });
    this.#unharmed(() => this.#record(info));
    const { trace } = this.#api;
    this.#unharmed(() => traceBatch(this.#api, trace.getTracer("dstream", version), info, this.#options.appName));
  }

  ended(): void {
    this.#last = this.#families();
    const [provider, exported] = [this.#provider, this.#exported];
    if (provider === undefined || exported === undefined) return;
    left.set(provider, [...(left.get(provider) ?? []), () => this.#unharmed(() => exported.close())]);
  }

  /** A meter provider may be registered, or replaced, at any time. */
  #open(): void {
    const provider = this.#api.metrics.getMeterProvider();
    if (provider === this.#provider) return;
    const before = this.#exported;
    this.#provider = provider;
    this.#exported = undefined;
    this.#unharmed(() => before?.close());
    for (const close of left.get(provider) ?? []) close();
    left.delete(provider);
    this.#exported = new ExportedMetrics(provider.getMeter("dstream", version), () => this.#last ?? this.#families());
  }

  #record(info: BatchInfo): void {
    if (this.#exported === undefined || info.failureReason !== undefined) return;
    for (const measure of batchMeasures(info, this.#options.inputs)) this.#exported.record(measure);
  }

  #families(): readonly Family[] {
    const { now, accumulators } = this.#options;
    return this.#metrics.families({ now: now(), accumulators: accumulators() });
  }

  #unharmed(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#warn(`an OpenTelemetry SDK failed, and the job goes on without what it would have got: ${String(error)}`);
    }
  }
}
