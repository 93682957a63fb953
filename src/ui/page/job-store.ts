import type { BatchRow, JobNews, JobStatus, JobView } from "../views/page-data.ts";
import { api, ask, Refusal } from "./api.ts";

export type Connection = "connecting" | "live" | "lost" | "ended";

export interface PageState {
  readonly view: JobView | undefined;
  readonly connection: Connection;
  /** What the server said where it gave no view. */
  readonly refusal: string | undefined;
}

const retainedBatches = 1_000;
/** As many as the server tells of at first. */
const shownWaiting = 200;
/** Pauses before the job is asked again; each is twice the one before. */
const firstPauseMs = 1_000;
const longestPauseMs = 10_000;
/** There is news every second: after so long without, the connection is lost, even where nobody said so. */
const silenceMs = 8_000;

/**
 * What the page knows of the job: all of it at first, then news. When the connection was cut, all of it again, since nobody tells
 * what was missed. A job that has ended is not asked again.
 */
export class JobStore {
  #state: PageState = { view: undefined, connection: "connecting", refusal: undefined };
  #rows = new Map<number, BatchRow>();
  readonly #listeners = new Set<() => void>();
  #source: EventSource | undefined;
  #silence: number | undefined;
  #pauseMs = firstPauseMs;

  get state(): PageState {
    return this.#state;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async connect(): Promise<void> {
    try {
      const view = await ask<JobView>("job");
      this.#take(view);
      if (isOver(view.status)) this.#set({ connection: "ended" });
      else this.#listen(endedOf(view.status));
    } catch (error) {
      if (error instanceof Refusal) this.#set({ refusal: error.message });
      this.#lost();
    }
  }

  /** `ended`: how many batches had ended when the page last knew all. */
  #listen(ended: number): void {
    const source = new EventSource(api("events"));
    this.#source = source;
    let isFirst = true;
    source.addEventListener("news", ({ data }) => {
      const news = JSON.parse(data as string) as JobNews;
      // Of a batch that ended before the page listened there is no news any more.
      if (isFirst && endedOf(news.status) !== ended) this.#catchUp();
      isFirst = false;
      this.#hear(news);
    });
    source.addEventListener("error", () => this.#lost());
    this.#expectNews();
  }

  #catchUp(): void {
    ask<JobView>("job").then(
      ({ batches }) => this.#add(batches),
      () => this.#lost(),
    );
  }

  #stopListening(): void {
    this.#source?.close();
    this.#source = undefined;
    clearTimeout(this.#silence);
  }

  #expectNews(): void {
    clearTimeout(this.#silence);
    this.#silence = window.setTimeout(() => this.#lost(), silenceMs);
  }

  #lost(): void {
    if (this.#state.connection === "ended") return;
    this.#stopListening();
    this.#set({ connection: "lost" });
    setTimeout(() => void this.connect(), this.#pauseMs);
    this.#pauseMs = Math.min(2 * this.#pauseMs, longestPauseMs);
  }

  #take(view: JobView): void {
    this.#rows = new Map(view.batches.map((row) => [row.time, row]));
    this.#set({ view, refusal: undefined, connection: "live" });
  }

  #hear({ status, batches, dropped }: JobNews): void {
    const { view } = this.#state;
    if (view === undefined) return;
    this.#pauseMs = firstPauseMs;
    this.#set({ view: { ...view, status } });
    for (const time of dropped) this.#rows.delete(time);
    if (batches.length + dropped.length > 0) this.#add(batches);
    if (isOver(status)) {
      this.#stopListening();
      this.#set({ connection: "ended" });
    } else this.#expectNews();
  }

  #add(batches: readonly BatchRow[]): void {
    const { view } = this.#state;
    if (view === undefined) return;
    for (const row of batches) this.#rows.set(row.time, row);
    const rows = [...this.#rows.values()].sort((a, b) => a.time - b.time);
    const waiting = rows.filter(({ status }) => status === "waiting");
    const others = rows.filter(({ status }) => status !== "waiting");
    const kept = [...others.slice(-retainedBatches), ...waiting.slice(0, shownWaiting)];
    this.#rows = new Map(kept.sort((a, b) => a.time - b.time).map((row) => [row.time, row]));
    this.#set({ view: { ...view, batches: [...this.#rows.values()] } });
  }

  #set(change: Partial<PageState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}

const isOver = ({ state }: JobStatus): boolean => ["stopped", "failed", "unended"].includes(state);

const endedOf = ({ totals }: JobStatus): number => totals.completed + totals.failed;
