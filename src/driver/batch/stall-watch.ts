import type { BatchStall } from "../../listeners/streaming-listener.ts";
import type { Activity, StageProgress } from "../../runtime/activity.ts";
import type { JobRuntime } from "../../runtime/job-runtime.ts";
import type { JobLog } from "../../runtime/log/job-log.ts";
import { type Clock, sleptMsOf } from "../../runtime/machine/clock.ts";

/** What may pass without progress before it is said. */
const defaultPatienceMs = 10_000;
/** It is said again after three times as long, and at least once an hour. */
const growth = 3;
const longestSilenceMs = 3_600_000;
const lookMs = 2_500;
/** Batches that must all have been as quiet as each other before that counts as the job's way. */
const batchesForAHabit = 3;
const maxStalls = 20;

/** Something that the driver waits for, and what it has come to. */
export interface WatchedActivity extends Activity {
  /** The times in which it stood still so far, oldest first; of more than 20 the last. */
  readonly stalls: readonly BatchStall[];
  /** The stage that it is in; undefined where it is in none. */
  readonly stage: StageProgress | undefined;
  end(): void;
}

export interface Watched {
  /** "batch 2000", for warnings. */
  readonly who: string;
  /** Undefined for what is of no batch. */
  readonly batchTime?: number;
  /** What it begins with. */
  readonly place: () => string;
  /** Whether later ones do the same again, so that how quiet this one is tells something of them. */
  readonly isRepeated?: boolean;
  /** What may pass without progress. Default 10 s. */
  readonly patienceMs?: number;
}

/**
 * Says when what the job waits for makes no progress: after 10 s, and then more and more rarely. Where the last three batches all had such
 * times although they ended well, as with functions that take a minute for a partition, it takes twice as long as theirs.
 */
export class StallWatch {
  readonly #clock: Clock;
  readonly #log: JobLog;
  readonly #told: (stall: BatchStall) => void;
  readonly #closing = new AbortController();
  readonly #activities = new Set<Observed>();
  readonly #quiet: number[] = [];
  #sleptMs: number;

  /** `told` hears of each time that a stall is said, and that it is over. */
  constructor({ clock, log }: Pick<JobRuntime, "clock" | "log">, told: (stall: BatchStall) => void) {
    this.#clock = clock;
    this.#log = log;
    this.#told = told;
    this.#sleptMs = sleptMsOf(clock);
    void this.#run();
  }

  begin(watched: Watched): WatchedActivity {
    const ended = (activity: Observed): void => {
      this.#activities.delete(activity);
      if (watched.isRepeated) this.#quiet.push(activity.longestQuietMs);
      if (this.#quiet.length > batchesForAHabit) this.#quiet.shift();
    };
    const activity = new Observed(watched, this.#clock, { log: this.#log, told: this.#told, ended });
    this.#activities.add(activity);
    return activity;
  }

  close(): void {
    this.#closing.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await this.#clock.waitTill(this.#clock.now() + lookMs, signal);
      if (!signal.aborted) this.#look();
    }
  }

  #look(): void {
    const slept = sleptMsOf(this.#clock);
    const hasSlept = slept !== this.#sleptMs;
    this.#sleptMs = slept;
    for (const activity of this.#activities) {
      // While the machine sleeps nothing can go on.
      if (hasSlept) activity.moved();
      activity.look(this.#habit());
    }
  }

  /** What batches take without progress, all of them. */
  #habit(): number {
    return this.#quiet.length < batchesForAHabit ? 0 : Math.min(...this.#quiet);
  }
}

interface ActivityEvents {
  readonly log: JobLog;
  readonly told: (stall: BatchStall) => void;
  readonly ended: (activity: Observed) => void;
}

class Observed implements WatchedActivity {
  readonly #watched: Watched;
  readonly #clock: Clock;
  readonly #log: JobLog;
  readonly #told: (stall: BatchStall) => void;
  readonly #ended: (activity: Observed) => void;
  readonly #stalls: BatchStall[] = [];
  #place: () => string;
  #stage: (() => StageProgress | undefined) | undefined;
  #reason: (() => string) | undefined;
  #count: (() => number) | undefined;
  #lastCount = 0;
  #movedAt: number;
  #longestQuietMs = 0;
  /** When it is said next; undefined while nothing was. */
  #nextMs: number | undefined;

  constructor(watched: Watched, clock: Clock, { log, told, ended }: ActivityEvents) {
    this.#watched = watched;
    this.#clock = clock;
    this.#log = log;
    this.#told = told;
    this.#ended = ended;
    this.#place = watched.place;
    this.#movedAt = clock.now();
  }

  get stalls(): readonly BatchStall[] {
    return this.#stalls;
  }

  get stage(): StageProgress | undefined {
    return this.#stage?.();
  }

  get longestQuietMs(): number {
    return this.#longestQuietMs;
  }

  moved(place?: () => string, stage?: () => StageProgress | undefined): void {
    this.#reason = undefined;
    this.#wentOn();
    if (place === undefined) return;
    this.#place = place;
    this.#stage = stage;
  }

  waits(reason: () => string): void {
    this.#reason = reason;
  }

  counts(count: (() => number) | undefined): void {
    this.#count = count;
    this.#lastCount = count?.() ?? 0;
  }

  end(): void {
    this.#wentOn();
    this.#ended(this);
  }

  /** Says that it stands still, when it is time to; batches are known to be quiet for `habitMs`. */
  look(habitMs: number): void {
    const { patienceMs = defaultPatienceMs, isRepeated } = this.#watched;
    const patience = isRepeated ? Math.max(patienceMs, 2 * habitMs) : patienceMs;
    const count = this.#count?.() ?? 0;
    if (count !== this.#lastCount) this.#wentOn();
    this.#lastCount = count;
    const quietMs = this.#clock.now() - this.#movedAt;
    if (quietMs < (this.#nextMs ?? patience)) return;
    const isNew = this.#nextMs === undefined;
    this.#nextMs = Math.min(quietMs * growth, quietMs + longestSilenceMs);
    this.#say(quietMs, isNew);
  }

  #say(quietMs: number, isNew: boolean): void {
    const { who, batchTime } = this.#watched;
    const waitsFor = [this.#place(), this.#reason?.()].filter(Boolean).join("; ");
    const stall = { batchTime, since: this.#movedAt, until: undefined, waitsFor };
    if (!isNew) this.#stalls.pop();
    this.#stalls.push(stall);
    if (this.#stalls.length > maxStalls) this.#stalls.shift();
    const since = new Date(this.#movedAt).toISOString();
    const text = `${who} has made no progress for ${seconds(quietMs)}, since ${since}: ${waitsFor}`;
    this.#log.warn("STALLED", text, { batchTime });
    this.#told(stall);
  }

  #wentOn(): void {
    const now = this.#clock.now();
    const quietMs = now - this.#movedAt;
    this.#longestQuietMs = Math.max(this.#longestQuietMs, quietMs);
    this.#movedAt = now;
    if (this.#nextMs === undefined) return;
    this.#nextMs = undefined;
    const stall = { ...(this.#stalls.pop() as BatchStall), until: now };
    this.#stalls.push(stall);
    const { who, batchTime } = this.#watched;
    this.#log.info("STALL_ENDED", `${who} goes on after ${seconds(quietMs)} without progress`, { batchTime });
    this.#told(stall);
  }
}

const seconds = (ms: number): string => `${Math.round(ms / 1_000)} s`;
