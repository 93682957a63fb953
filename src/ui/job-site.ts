import { readFile } from "node:fs/promises";
import type { IncomingHttpHeaders } from "node:http";
import type { RunningStage } from "../driver/batch/batch.ts";
import type { JobHistory } from "../listeners/job-history.ts";
import type { JobDescription } from "./job-description.ts";
import type { JobMetrics } from "./metrics/job-metrics.ts";
import { metricsText, openMetricsType, prometheusType } from "./metrics/metrics-text.ts";
import type { ProcessMeter } from "./metrics/process-meter.ts";
import { sparkRest } from "./rest/spark-rest.ts";
import { stateRest } from "./rest/state-rest.ts";
import { type Answer, json, text } from "./server/answer.ts";
import { batchRow } from "./views/batch-row.ts";
import { batchAt, batchView, shownBatches } from "./views/batch-view.ts";
import { type JobPhase, jobStatus, notReady, offsetRows } from "./views/job-status.ts";
import type { JobStatus, JobView } from "./views/page-data.ts";
import type { StateAnswer, StateOperatorView } from "./views/state-data.ts";

/** A job that runs, as far as its history does not say it. */
export interface LiveJob {
  readonly phase: JobPhase;
  readonly accumulators: Readonly<Record<string, number>>;
  /** How far the batch is that runs; undefined while no stage runs. */
  readonly runningStage?: RunningStage | undefined;
  /** Epoch ms, by the job's clock. */
  now(): number;
  stateOperators(): Promise<readonly StateOperatorView[]>;
  /** @throws STATE_OPERATOR_MISSING, KEY_NOT_CANONICAL */
  stateOf(operator: string, query: StateRequest): Promise<StateAnswer>;
}

/** One key's state, or that of the first keys. */
export type StateRequest = { readonly key: unknown } | { readonly limit: number };

export interface JobSiteOptions {
  readonly job: JobDescription;
  readonly history: JobHistory;
  /** Epoch ms; undefined while the job runs. */
  readonly endTime?: number | undefined;
  /** Of an event log: lines that are none. */
  readonly unreadableLines?: number;
  /** Undefined where the job has ended and its event log is shown; then these are, too. */
  readonly live?: LiveJob | undefined;
  readonly metrics?: JobMetrics;
  readonly meter?: ProcessMeter;
  /** Whether values of state may be asked for. */
  readonly showsState?: boolean;
}

/** Partitions that /api/v1/offsets lists one by one. */
const maxOffsets = 1_000;

/** The page is made by `npm run build:page`; sources and compiled files find it in the same place. */
const pageFolder = new URL("../../dist/page/", import.meta.url);
const pageFiles: Readonly<Record<string, readonly [file: string, type: string]>> = {
  "/": ["index.html", "text/html; charset=utf-8"],
  "/page.js": ["page.js", "text/javascript; charset=utf-8"],
  "/page-styles.css": ["page-styles.css", "text/css; charset=utf-8"],
};

/** What is served of one job: its page, Spark's REST API and our own, metrics, health. */
export class JobSite {
  readonly #options: JobSiteOptions;

  constructor(options: JobSiteOptions) {
    this.#options = options;
  }

  get status(): JobStatus {
    return jobStatus(this.#options);
  }

  get view(): JobView {
    const { job, history, live, showsState } = this.#options;
    const batches = shownBatches(history).map((batch) => batchRow(batch, job));
    return { job, status: this.status, batches, showsBuckets: live !== undefined, showsState: showsState === true };
  }

  async answer(url: URL, headers: IncomingHttpHeaders): Promise<Answer | undefined> {
    const { pathname } = url;
    if (pathname in pageFiles) return pageFile(pathname);
    if (pathname === "/metrics") return this.#metrics(headers.accept);
    if (pathname.startsWith("/health/")) return this.#health(pathname);
    if (/^\/api\/v1\/applications(\/|$)/.test(pathname)) return sparkRest(this.#options, url, this.status.now);
    return this.#api(url);
  }

  async #api(url: URL): Promise<Answer | undefined> {
    const { job, history } = this.#options;
    const [room, id, more] = url.pathname.split("/").slice(3);
    if (more !== undefined) return undefined;
    if (room === "job" && id === undefined) return json(this.view);
    if (room === "graph" && id === undefined) return json({ operators: job.operators });
    if (room === "offsets" && id === undefined) return json({ offsets: offsetRows(history, job, maxOffsets) });
    if (room === "batches" && id !== undefined) return this.#batch(id);
    return room === "state" ? stateRest(this.#options, id, url.searchParams) : undefined;
  }

  #batch(id: string): Answer {
    const { job, history } = this.#options;
    const batch = batchAt(history, Number(id));
    if (batch !== undefined) return json(batchView(batch, job.inputs));
    return text(404, `batch ${id} is not kept: it is none of the last 1,000, or not one of the job's`);
  }

  #metrics(accept = ""): Answer | undefined {
    const { live, metrics, meter } = this.#options;
    if (live === undefined || metrics === undefined || meter === undefined) return undefined;
    const families = metrics.families({ now: live.now(), accumulators: live.accumulators, process: meter });
    meter.resetDelays();
    const isOld = accept.includes("text/plain") && !accept.includes("application/openmetrics-text");
    const type = isOld ? prometheusType : openMetricsType;
    return {
      ...text(200, "", { "content-type": type }),
      body: metricsText(families, isOld ? "prometheus" : "openmetrics"),
    };
  }

  /** Kubernetes' words: live while the process answers, ready while the job keeps up. */
  #health(pathname: string): Answer | undefined {
    const { live } = this.#options;
    if (live === undefined) return undefined;
    if (pathname === "/health/live") return json({ status: "live" });
    if (pathname !== "/health/ready") return undefined;
    const reason = notReady(this.#options, live);
    return reason === undefined ? json({ status: "ready" }) : json({ status: "not ready", reason }, 503);
  }
}

/** A file of the page, by its path. */
export async function pageFile(path: string): Promise<Answer | undefined> {
  const [file, type] = pageFiles[path] ?? [];
  if (file === undefined) return undefined;
  try {
    return { status: 200, headers: { "content-type": type }, body: await readFile(new URL(file, pageFolder)) };
  } catch {
    return text(404, "the page is not built; run: npm run build:page");
  }
}
