import type { JobHistory } from "../../listeners/job-history.ts";
import type { ListenerBus } from "../../listeners/listener-bus.ts";
import type { BatchInfo, StreamingListener } from "../../listeners/streaming-listener.ts";
import type { JobLog } from "../../runtime/log/job-log.ts";
import type { Telemetry } from "./telemetry.ts";

export interface TelemetryOptions {
  readonly appName: string;
  /** Names of the input streams, by stream id. */
  readonly inputs: readonly string[];
  /** It hears of each event before this does. */
  readonly history: JobHistory;
  readonly bus: ListenerBus;
  /** Files of the program, from which @opentelemetry/api is looked for: the first that finds the copy that the SDK is registered with. */
  readonly files: readonly string[];
  /** Epoch ms, by the job's clock. */
  readonly now: () => number;
  readonly accumulators: () => Readonly<Record<string, number>>;
  readonly log: JobLog;
}

/** What an SDK has registered, as all copies of @opentelemetry/api 1.x in a process keep it: the name is part of how they agree. */
export interface RegisteredSdk {
  readonly metrics?: unknown;
  readonly trace?: unknown;
}

const apiKey = Symbol.for("opentelemetry.js.api.1");

export function registeredSdk(): RegisteredSdk | undefined {
  const { metrics, trace } = (globalThis as { readonly [apiKey]?: RegisteredSdk })[apiKey] ?? {};
  return metrics === undefined && trace === undefined ? undefined : { metrics, trace };
}

/**
 * Hands a job's metrics and traces to OpenTelemetry as soon as the program has registered an SDK, before the job or while it runs. Until
 * then nothing is loaded, and a batch costs a look at one property.
 */
export class TelemetryWatch implements StreamingListener {
  readonly #options: TelemetryOptions;
  #loading: Promise<void> | undefined;
  #telemetry: Telemetry | undefined;
  #hasEnded = false;

  constructor(options: TelemetryOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#options.bus.add(this);
    if (registeredSdk() !== undefined) await this.#load();
  }

  onBatchCompleted({ batchInfo }: { readonly batchInfo: BatchInfo }): void {
    if (this.#telemetry !== undefined) this.#telemetry.batchEnded(batchInfo);
    else if (registeredSdk() !== undefined) void this.#load();
  }

  /** What was measured stays as it is for the SDK's last export. */
  ended(): void {
    this.#hasEnded = true;
    this.#options.bus.remove(this);
    this.#telemetry?.ended();
  }

  #load(): Promise<void> {
    this.#loading ??= this.#begin().catch((error: unknown) => {
      this.#options.log.warn("TELEMETRY_FAILED", `OpenTelemetry gets nothing of this job: ${String(error)}`);
    });
    return this.#loading;
  }

  async #begin(): Promise<void> {
    const { Telemetry } = await import("./telemetry.ts");
    if (!this.#hasEnded) this.#telemetry = Telemetry.of(this.#options);
  }
}
