import type { BatchRow, JobNews, JobView } from "../views/page-data.ts";
import { api } from "./api.ts";

export type Connection = "connecting" | "live" | "lost" | "ended";

export interface PageState {
  readonly view: JobView | undefined;
  readonly connection: Connection;
  /** What the server said where it gave no view. */
  readonly refusal: string | undefined;
}

const retainedBatches = 1_000;
const retryMs = 2_000;

/**
 * What the page knows of the job: all of it at first, then news. When the connection was cut, all of it again, since nobody tells
 * what was missed.
 */
export class JobStore {
  #state: PageState = { view: undefined, connection: "connecting", refusal: undefined };
  #rows = new Map<number, BatchRow>();
  readonly #listeners = new Set<() => void>();
  #source: EventSource | undefined;

  get state(): PageState {
    return this.#state;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async connect(): Promise<void> {
    this.#source?.close();
    try {
      const response = await fetch(api("job"), { headers: { accept: "application/json" } });
      if (!response.ok) {
        this.#set({ refusal: (await response.text()).trim(), connection: "lost" });
        return this.#later();
      }
      const view = (await response.json()) as JobView;
      this.#rows = new Map(view.batches.map((row) => [row.time, row]));
      const isOver = view.status.state === "stopped" || view.status.state === "failed";
      this.#set({ view, refusal: undefined, connection: isOver ? "ended" : "live" });
      if (!isOver) this.#listen();
    } catch {
      this.#set({ connection: "lost" });
      this.#later();
    }
  }

  #listen(): void {
    const source = new EventSource(api("events"));
    this.#source = source;
    source.addEventListener("news", ({ data }) => this.#hear(JSON.parse(data as string) as JobNews));
    source.addEventListener("error", () => {
      source.close();
      this.#set({ connection: this.#state.view?.status.state === "stopping" ? "ended" : "lost" });
      this.#later();
    });
  }

  #later(): void {
    setTimeout(() => void this.connect(), retryMs);
  }

  #hear({ status, batches }: JobNews): void {
    const { view } = this.#state;
    if (view === undefined) return;
    for (const row of batches) this.#rows.set(row.time, row);
    const times = [...this.#rows.keys()].sort((a, b) => a - b);
    for (const time of times.slice(0, Math.max(0, times.length - retainedBatches))) this.#rows.delete(time);
    const rows = batches.length === 0 ? view.batches : [...this.#rows.values()].sort((a, b) => a.time - b.time);
    this.#set({ view: { ...view, status, batches: rows }, connection: "live" });
  }

  #set(change: Partial<PageState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}
