import { DStreamError } from "../../errors/dstream-error.ts";
import type { JobRuntime } from "../../runtime/job-runtime.ts";
import type { JobLog } from "../../runtime/log/job-log.ts";
import { type Clock, sleptMsOf } from "../../runtime/machine/clock.ts";
import type { Timers } from "../../runtime/machine/timers.ts";
import { Patience } from "../../runtime/patience.ts";
import { unlessAbandoned } from "../../runtime/unless-abandoned.ts";
import type { SourceBatch, SourceDriver } from "../../sources/source-driver.ts";
import { Batch } from "./batch.ts";
import { PhaseTimes } from "./phase-times.ts";
import type { StallWatch } from "./stall-watch.ts";

/** What is left to the plan of a batch when the job is stopped meanwhile: brokers may keep silent. */
const planGraceMs = 5_000;

export interface BatchGeneratorOptions {
  readonly clock: Clock;
  readonly batchIntervalMs: number;
  readonly sources: readonly SourceDriver[];
  /** Of the graph's nodes, by id. */
  readonly names: readonly string[];
  readonly watch: StallWatch;
  readonly runtime: Pick<JobRuntime, "log" | "timers">;
  readonly submit: (batch: Batch) => void;
}

/**
 * Plans a batch at each multiple of the interval: batch t is planned when the clock reaches t, whether or not earlier batches
 * have run. Batch times strictly increase by the interval, also when the clock goes back.
 */
export class BatchGenerator {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #sources: readonly SourceDriver[];
  readonly #submit: (batch: Batch) => void;
  readonly #names: readonly string[];
  readonly #watch: StallWatch;
  readonly #log: JobLog;
  readonly #timers: Timers;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #lastTime = 0;
  /** How far batch times are ahead of a clock that was set back while the job was down. */
  #aheadMs = 0;
  /** Whether a batch is made for each time that was missed. */
  #replays = false;
  /** How long the machine had slept when the last batch was due. */
  #sleptMs = 0;
  #isPlanning = false;
  #hasEnded = false;
  #caughtUp: PromiseWithResolvers<void> | undefined;
  #gaveUp: unknown;

  constructor({ clock, batchIntervalMs, sources, names, watch, runtime, submit }: BatchGeneratorOptions) {
    this.#clock = clock;
    this.#intervalMs = batchIntervalMs;
    this.#sources = sources;
    this.#names = names;
    this.#watch = watch;
    this.#log = runtime.log;
    this.#timers = runtime.timers;
    this.#submit = submit;
  }

  /**
   * Begins; `failed` is told when a batch can't be planned, after which no more are. Behind a batch of an earlier run, times go
   * on from that one: with `replay` also those that were missed since then, one by one, else the next that is due.
   */
  start(failed: (error: unknown) => void, { after, replay }: { after: number | undefined; replay: boolean }): void {
    const now = this.#aligned(this.#clock.now());
    const last = after === undefined ? now : this.#aligned(after);
    this.#lastTime = replay ? last : Math.max(last, now);
    this.#replays = replay;
    this.#sleptMs = sleptMsOf(this.#clock);
    this.#aheadMs = Math.max(0, last - now);
    this.#running = this.#run()
      .catch((error: unknown) => {
        // What could not be planned when the job was stopped stays unread.
        if (!this.#stopping.signal.aborted) failed(error);
      })
      .finally(() => {
        this.#hasEnded = true;
        this.#notify();
      });
  }

  /** Plans no further batch; resolves when one that is being planned was submitted. */
  async stop(): Promise<void> {
    this.#stopping.abort(new DStreamError("ILLEGAL_STATE", "the job was stopped while its sources kept silent"));
    await this.#running;
  }

  /** Resolves when a batch was planned for every time up to `now`, or no more are planned. */
  async caughtUp(now: number): Promise<void> {
    while (!this.#hasEnded && (this.#isPlanning || this.#dueAt(this.#lastTime + this.#intervalMs) <= now)) {
      this.#caughtUp ??= Promise.withResolvers();
      await this.#caughtUp.promise;
    }
  }

  /**
   * After `stop`: one batch more, ahead of its time, for data that was received and waits.
   *
   * @throws why the last batch was given up in the middle of its plan: nobody knows where the next would begin.
   */
  async planNow(): Promise<void> {
    if (this.#gaveUp !== undefined) throw this.#gaveUp;
    await this.#plan(this.#lastTime + this.#intervalMs);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#clock.waitTill(this.#dueAt(this.#lastTime + this.#intervalMs), signal);
      if (!signal.aborted) await this.#plan(this.#nextTime());
      this.#notify();
    }
  }

  /** The time of the next batch; behind a sleep of the machine as behind a time in which the job was down. */
  #nextTime(): number {
    const next = this.#lastTime + this.#intervalMs;
    const before = this.#sleptMs;
    this.#sleptMs = sleptMsOf(this.#clock);
    if (this.#replays || this.#sleptMs === before) return next;
    return Math.max(next, this.#aligned(this.#clock.now() + this.#aheadMs));
  }

  #aligned(time: number): number {
    return Math.floor(time / this.#intervalMs) * this.#intervalMs;
  }

  #dueAt(time: number): number {
    return time - this.#aheadMs;
  }

  #notify(): void {
    this.#caughtUp?.resolve();
    this.#caughtUp = undefined;
  }

  async #plan(time: number): Promise<void> {
    this.#lastTime = time;
    const phases = new PhaseTimes(this.#clock, this.#timers);
    phases.begin("plan");
    const sources = new Map<number, SourceBatch>();
    const missing = new Set(this.#sources);
    const place = (): string => {
      const names = [...missing].map(({ nodeId }) => this.#names[nodeId]).join(", ");
      return `its plan, for which it has to be known what there is to read for ${names}`;
    };
    const batch = { who: `batch ${time}`, batchTime: time };
    const activity = this.#watch.begin({ ...batch, place });
    // Brokers that are away may come back.
    const patience = new Patience({
      ...{ ...batch, signal: this.#stopping.signal, activity },
      ...{ log: this.#log, timers: this.#timers },
    });
    const plan = async (source: SourceDriver): Promise<void> => {
      const part = await patience.until(() => this.#unlessStopped(source.plan(time)));
      missing.delete(source);
      activity.moved();
      if (part !== undefined) sources.set(source.nodeId, part);
    };
    this.#isPlanning = true;
    try {
      await Promise.all(this.#sources.map(plan));
    } finally {
      activity.end();
    }
    this.#isPlanning = false;
    phases.pause();
    const streams = this.#sources;
    const submissionTime = this.#clock.now();
    this.#submit(new Batch({ time, sources, streams, submissionTime, phases, stalls: activity.stalls }));
  }

  async #unlessStopped<T>(plan: Promise<T>): Promise<T> {
    const { signal } = this.#stopping;
    if (signal.aborted) return plan;
    return unlessAbandoned(plan, signal, planGraceMs, this.#timers).catch((error: unknown) => {
      if (error === signal.reason) this.#gaveUp = error;
      throw error;
    });
  }
}
