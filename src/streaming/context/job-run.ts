import { resolve } from "node:path";
import type { Driver, HowItEnded, JobBefore, StopMode } from "../../driver/driver.ts";
import type { StateQueries } from "../../driver/query/state-queries.ts";
import { errorCodes } from "../../errors/codes.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import { shownError } from "../../errors/shown/shown-error.ts";
import type { JobHistory } from "../../listeners/job-history.ts";
import type { ListenerBus } from "../../listeners/listener-bus.ts";
import type { Graph } from "../../plan/graph/plan-builder.ts";
import type { JobUI } from "../../ui/job-ui.ts";
import type { TelemetryWatch } from "../../ui/telemetry/telemetry-watch.ts";
import type { JobPhase } from "../../ui/views/job-status.ts";
import { answering } from "../keyed/state-query.ts";
import type { JobBuilder } from "./job-builder.ts";
import { jobFilePath } from "./job-place.ts";
import type { LoadedModules } from "./loaded-modules.ts";
import type { TestProgram } from "./make-driver.ts";
import type { EffectiveOptions } from "./spark-conf/effective-options.ts";

export interface JobRunOptions {
  readonly options: EffectiveOptions;
  readonly modules: LoadedModules;
  readonly job: JobBuilder;
  readonly graph: Graph;
  readonly bus: ListenerBus;
  readonly history: JobHistory;
  readonly checkpointDir: string | undefined;
  readonly maxResultBytes: number;
  readonly test: TestProgram | undefined;
  readonly began: (before: JobBefore) => void;
  /** Called once, when nothing of the job is open any more. */
  readonly ended: (error: DStreamError | undefined, hasFailed: boolean) => void;
}

/** What else than an error may end a job. */
type StopReason = "interrupted" | "stopped" | "batches";

const reasonTexts: Readonly<Record<StopReason, string>> = {
  interrupted: "it was interrupted by a signal",
  stopped: "the program stopped it",
  batches: "all its batches have run (--batches)",
};

/** A job in this process, from its start to its end: its driver, and what shows it. */
export class JobRun {
  readonly #options: JobRunOptions;
  /** The driver, whose code may still be loaded. */
  #making: Promise<Driver> | undefined;
  #driver: Driver | undefined;
  #shown: JobUI | undefined;
  #telemetry: TelemetryWatch | undefined;
  #phase: JobPhase = "starting";
  /** Of who asked first. */
  #reason: StopReason | undefined;
  #stopListening: () => void = () => {};

  constructor(options: JobRunOptions) {
    this.#options = options;
  }

  /** Where the job's page is. */
  get uiUrl(): string | undefined {
    return this.#shown?.url;
  }

  /** @throws ILLEGAL_STATE before the job has begun, and when it has ended. */
  get queries(): StateQueries {
    return answering(this.#phase === "stopped" ? "STOPPED" : "ACTIVE", this.#driver?.queries);
  }

  /** Resolves when sources and workers are ready. */
  async start(): Promise<void> {
    const { process } = this.#options.options.runtime;
    const { stopGracefullyOnShutdown } = this.#options.options;
    this.#making = this.#make();
    this.#stopListening = process.onInterrupt(() => {
      void this.stop("interrupted", stopGracefullyOnShutdown ? "when-drained" : "after-batch");
    });
    try {
      this.#driver = await this.#making;
      await this.#driver.start();
    } catch (error) {
      await this.#close();
      this.#tellEnd(DStreamError.from(error));
      throw error;
    }
    if (this.#phase === "starting") this.#phase = "running";
  }

  async stop(reason: StopReason, mode: StopMode, keepsCluster?: boolean): Promise<void> {
    this.#reason ??= reason;
    if (this.#phase !== "stopped") this.#phase = "stopping";
    await this.#making?.catch(() => {});
    await this.#driver?.stop(mode, { keepsCluster });
  }

  async #make(): Promise<Driver> {
    await this.#show();
    await this.#watchTelemetry();
    // Loaded here: a worker never needs it, nor does a program before its start.
    const { makeDriver } = await import("./make-driver.ts");
    const { history: _, ...parts } = this.#options;
    return makeDriver({ ...parts, ended: (error, how) => void this.#ended(error, how) });
  }

  /** The command line comes first. */
  async #show(): Promise<void> {
    const { options } = this.#options;
    const { process, log } = options.runtime;
    const { ui, eventLog = options.eventLog } = process.runOptions;
    const wanted = ui === undefined ? options.ui : { ...options.ui, ...ui };
    if (wanted === undefined && eventLog === undefined) return;
    const { showJob } = await import("./page/show-job.ts");
    const parts = {
      ...this.#options,
      phase: () => this.#phase,
      queries: () => this.queries,
      runningStage: () => this.#driver?.runningStage,
    };
    this.#shown = await showJob(parts, { ui: wanted, eventLog });
    const url = this.uiUrl;
    if (url !== undefined) log.info("UI_STARTED", `the job's page is at ${url}`, { url });
  }

  /** With or without a page. */
  async #watchTelemetry(): Promise<void> {
    const { options, job, graph, bus, history } = this.#options;
    const { appName, clock, jobFile, runtime } = options;
    const [program = ""] = runtime.process.program;
    const { TelemetryWatch } = await import("../../ui/telemetry/telemetry-watch.ts");
    this.#telemetry = new TelemetryWatch({
      ...{ appName, bus, history },
      inputs: [...job.sources.keys()].map((id) => graph.names[id] as string),
      files: [...new Set([jobFilePath(jobFile, runtime.process), resolve(program)])],
      now: () => clock.now(),
      accumulators: () => job.accumulators.byName,
      log: runtime.log,
    });
    await this.#telemetry.start();
  }

  async #ended(error: DStreamError | undefined, { gaveUp, hasRunAll }: HowItEnded): Promise<void> {
    // Whoever started the process should know.
    if (gaveUp) this.#options.options.runtime.process.failed();
    await this.#close();
    if (hasRunAll) this.#reason = "batches";
    this.#tellEnd(error);
    this.#options.ended(error, gaveUp || error !== undefined);
  }

  #tellEnd(error: DStreamError | undefined): void {
    const { appName, runtime } = this.#options.options;
    const reason = this.#reason ?? "stopped";
    if (error === undefined) {
      runtime.log.info("JOB_ENDED", `the job ${appName} has ended: ${reasonTexts[reason]}`, { appName, reason });
      return;
    }
    const { action } = errorCodes[error.code];
    const told = { appName, reason: "failed", errorCode: error.code, action };
    const text = `the job ${appName} has ended: it failed with ${shownError(error)}; what to do: ${action}`;
    runtime.log.error("JOB_ENDED", text, told);
  }

  /** Whoever looks at the job sees its end. */
  async #close(): Promise<void> {
    this.#phase = "stopped";
    this.#stopListening();
    this.#telemetry?.ended();
    this.#telemetry = undefined;
    const shown = this.#shown;
    this.#shown = undefined;
    shown?.ended(this.#options.options.clock.now());
    await shown?.close();
  }
}
