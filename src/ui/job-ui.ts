import type { JobHistory } from "../listeners/job-history.ts";
import { type ListenerBus, type ListenerEvent, listenerToAll } from "../listeners/listener-bus.ts";
import type { StreamingListener } from "../listeners/streaming-listener.ts";
import type { JobLog } from "../runtime/log/job-log.ts";
import type { JobDescription } from "./job-description.ts";
import { JobSite, type JobSiteOptions, type LiveJob } from "./job-site.ts";
import type { LogHead } from "./log/event-line.ts";
import { EventLog } from "./log/event-log.ts";
import { JobMetrics } from "./metrics/job-metrics.ts";
import { ProcessMeter } from "./metrics/process-meter.ts";
import type { ServerEvent } from "./server/event-stream.ts";
import { UIServer } from "./server/ui-server.ts";
import type { CheckedUIOptions } from "./ui-options.ts";
import { batchRow } from "./views/batch-row.ts";
import { shownBatches } from "./views/batch-view.ts";
import type { JobNews } from "./views/page-data.ts";

/** Pages are told of news four times a second at most, and of how the job is doing once a second at least. */
const tickMs = 250;
const ticksOfSilence = 4;

export interface JobUIOptions {
  /** Undefined: no page. */
  readonly ui: CheckedUIOptions | undefined;
  /** A folder for event logs; undefined: none. */
  readonly eventLog: string | undefined;
  readonly job: JobDescription;
  /** It hears of each event before the page does. */
  readonly history: JobHistory;
  readonly bus: ListenerBus;
  readonly live: LiveJob;
  /** What the job says. */
  readonly log: JobLog;
}

/** What a job shows of itself: a page with its APIs, and an event log. Both are fed by what listeners hear, and nothing waits for them. */
export class JobUI {
  readonly #options: JobUIOptions;
  readonly #metrics: JobMetrics;
  readonly #meter = new ProcessMeter();
  readonly #listeners: readonly StreamingListener[];
  /** Times of batches that pages have not been told of. */
  readonly #changed = new Set<number>();
  /** Times of those that will not run. */
  readonly #dropped = new Set<number>();
  #endTime: number | undefined;
  #server: UIServer | undefined;
  #log: EventLog | undefined;
  #ticking: NodeJS.Timeout | undefined;
  #silentTicks = 0;

  private constructor(options: JobUIOptions) {
    this.#options = options;
    this.#metrics = new JobMetrics(options.history, options.job.inputs);
    this.#listeners = [this.#metrics, listenerToAll((event) => this.#heard(event))];
  }

  /** @throws PORT_IN_USE, EVENT_LOG_UNAVAILABLE */
  static async start(options: JobUIOptions): Promise<JobUI> {
    const shown = new JobUI(options);
    try {
      await shown.#start();
    } catch (error) {
      await shown.close();
      throw error;
    }
    return shown;
  }

  /** Where the page is. */
  get url(): string | undefined {
    return this.#server?.url;
  }

  /** The job has ended: pages that are open hear of it, and the event log has it. */
  ended(time: number): void {
    this.#endTime = time;
    this.#log?.write({ event: "end", time });
    this.#tick(true);
  }

  async close(): Promise<void> {
    for (const listener of this.#listeners) this.#options.bus.remove(listener);
    clearInterval(this.#ticking);
    this.#meter.close();
    await Promise.all([this.#server?.close(), this.#log?.close()]);
  }

  async #start(): Promise<void> {
    const { ui, eventLog, job, bus, log } = this.#options;
    if (eventLog !== undefined)
      this.#log = await EventLog.open(eventLog, { jobId: job.id, log, head: () => this.#logHead() });
    for (const listener of this.#listeners) bus.add(listener);
    if (ui === undefined) return;
    this.#server = new UIServer(ui, {
      answer: (url, headers) => this.#site.answer(url, headers),
      firstEvents: () => [this.#news([], [])],
      failed: (text) => log.warn("UI_FAILED", text),
    });
    await this.#server.start();
    this.#ticking = setInterval(() => this.#tick(false), tickMs).unref();
  }

  /** As things are now. */
  get #site(): JobSite {
    const { ui, job, history, live } = this.#options;
    const parts: JobSiteOptions = {
      job,
      history,
      live,
      metrics: this.#metrics,
      meter: this.#meter,
      endTime: this.#endTime,
    };
    return new JobSite({ ...parts, showsState: ui?.showState ?? false });
  }

  #logHead(): LogHead {
    const { job, history } = this.#options;
    const {
      batchesCompleted: completed,
      batchesFailed: failed,
      batchRetries: retries,
      recordsProcessed: records,
    } = history;
    return { event: "job", job, before: { completed, failed, retries, records } };
  }

  #heard(event: ListenerEvent): void {
    this.#log?.write(event);
    if ((this.#server?.events.numClients ?? 0) === 0) return;
    const { payload } = event;
    if (event.event === "onBatchDropped") this.#dropped.add(event.payload.batchTime);
    else if ("batchInfo" in payload) this.#changed.add(payload.batchInfo.batchTime);
    else if ("outputOperationInfo" in payload) this.#changed.add(payload.outputOperationInfo.batchTime);
  }

  #tick(isLast: boolean): void {
    const events = this.#server?.events;
    if (events === undefined || events.numClients === 0) {
      this.#forget();
      return;
    }
    this.#silentTicks++;
    const isSilent = this.#changed.size + this.#dropped.size === 0;
    if (!isLast && isSilent && this.#silentTicks < ticksOfSilence) return;
    this.#silentTicks = 0;
    events.send(this.#news([...this.#changed], [...this.#dropped]));
    this.#forget();
  }

  #forget(): void {
    this.#changed.clear();
    this.#dropped.clear();
  }

  #news(times: readonly number[], dropped: readonly number[]): ServerEvent {
    const { history, job } = this.#options;
    const kept = new Map(shownBatches(history).map((batch) => [batch.info.batchTime, batch]));
    const changed = times.flatMap((time) => kept.get(time) ?? []);
    const batches = changed.map((batch) => batchRow(batch, job));
    return { event: "news", data: { status: this.#site.status, batches, dropped } satisfies JobNews };
  }
}
