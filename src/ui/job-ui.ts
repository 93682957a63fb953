import type { ListenerBus } from "../listeners/listener-bus.ts";
import type { BatchView } from "./history/batch-view.ts";
import { EventLog } from "./history/event-log.ts";
import { type JobEvent, JobEvents } from "./history/job-event.ts";
import { type JobDescription, JobHistory } from "./history/job-history.ts";
import { JobSite, type LiveJob } from "./job-site.ts";
import { JobMetrics } from "./metrics/job-metrics.ts";
import { ProcessMeter } from "./metrics/process-meter.ts";
import type { ServerEvent } from "./server/event-stream.ts";
import { UIServer } from "./server/ui-server.ts";
import type { CheckedUIOptions } from "./ui-options.ts";
import { batchRow } from "./views/batch-row.ts";
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
  readonly configuration: Readonly<Record<string, string>>;
  readonly bus: ListenerBus;
  readonly live: LiveJob;
}

/** What a job shows of itself: a page with its APIs, and an event log. Both are fed by what listeners hear, and nothing waits for them. */
export class JobUI {
  readonly #options: JobUIOptions;
  readonly #history: JobHistory;
  readonly #metrics: JobMetrics;
  readonly #meter = new ProcessMeter();
  readonly #events: JobEvents;
  readonly #changed = new Map<number, BatchView>();
  #site: JobSite | undefined;
  #server: UIServer | undefined;
  #log: EventLog | undefined;
  #ticking: NodeJS.Timeout | undefined;
  #silentTicks = 0;

  private constructor(options: JobUIOptions) {
    this.#options = options;
    this.#history = new JobHistory(options.job);
    this.#metrics = new JobMetrics(this.#history);
    this.#events = new JobEvents(options.job.inputs, (event) => this.#apply(event));
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
  ended(time: number, failureReason: string | undefined): void {
    this.#apply({ event: "end", time, ...(failureReason !== undefined && { failureReason }) });
    this.#tick(true);
  }

  async close(): Promise<void> {
    this.#options.bus.remove(this.#events);
    clearInterval(this.#ticking);
    this.#meter.close();
    await Promise.all([this.#server?.close(), this.#log?.close()]);
  }

  async #start(): Promise<void> {
    const { ui, eventLog, job, configuration, bus, live } = this.#options;
    if (eventLog !== undefined) {
      this.#log = await EventLog.open(eventLog, job.id, () => {
        return { event: "job", job, configuration, before: this.#history.totals };
      });
    }
    bus.add(this.#events);
    if (ui === undefined) return;
    const site = new JobSite({
      ...{ history: this.#history, metrics: this.#metrics, meter: this.#meter, configuration, live },
      showsState: ui.showState,
    });
    this.#site = site;
    this.#server = new UIServer(ui, {
      answer: (url, headers) => site.answer(url, headers),
      firstEvents: () => [this.#news([])],
    });
    await this.#server.start();
    this.#ticking = setInterval(() => this.#tick(false), tickMs).unref();
  }

  #apply(event: JobEvent): void {
    this.#history.apply(event);
    this.#metrics.apply(event);
    this.#log?.write(event);
    if (event.event === "batch" && (this.#server?.events.numClients ?? 0) > 0) {
      this.#changed.set(event.batch.time, event.batch);
    }
  }

  #tick(isLast: boolean): void {
    const events = this.#server?.events;
    if (events === undefined || events.numClients === 0) {
      this.#changed.clear();
      return;
    }
    this.#silentTicks++;
    if (!isLast && this.#changed.size === 0 && this.#silentTicks < ticksOfSilence) return;
    this.#silentTicks = 0;
    events.send(this.#news([...this.#changed.values()]));
    this.#changed.clear();
  }

  #news(changed: readonly BatchView[]): ServerEvent {
    const batches = changed.map((batch) => batchRow(batch, this.#options.job));
    return { event: "news", data: { status: (this.#site as JobSite).status, batches } satisfies JobNews };
  }
}
