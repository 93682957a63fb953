import { setTimeout as delay } from "node:timers/promises";
import type { JobStatus, JobNews as News } from "../ui/views/page-data.ts";
import { fetchPage, type JobPage } from "./ask-page.ts";

/** What may be read of one event. */
const maxEventLength = 16 * 1024 * 1024;
/** What a page may take to begin. */
const beginningMs = 10_000;
/** By then a page that is gone has cut its connection. */
const goneMs = 1_000;

/** Listens to a job's page: when it ends, the last that it says is how. A page that takes no more listeners tells nothing. */
export class JobNews {
  readonly #closed = new AbortController();
  #over: Promise<void> = Promise.resolve();
  #isOver = false;
  #last: JobStatus | undefined;

  private constructor() {}

  /** It listens, or nobody lets it. */
  static async open(page: JobPage): Promise<JobNews> {
    const news = new JobNews();
    const begun = Promise.withResolvers<void>();
    // The connection is cut, or was never there: whoever asks the page hears of that.
    news.#over = news
      .#listen(page, begun.resolve)
      .catch(() => {})
      .then(() => {
        news.#isOver = true;
        begun.resolve();
      });
    await Promise.race([begun.promise, delay(beginningMs, undefined, { signal: news.#closed.signal })]);
    return news;
  }

  /** Resolves after `ms`, or when the news end. */
  async pause(ms: number): Promise<void> {
    const { signal } = this.#closed;
    await Promise.race([delay(ms, undefined, { signal }), ...(this.#isOver ? [] : [this.#over])]);
  }

  /** What a page said last that is gone. */
  async last(): Promise<JobStatus | undefined> {
    if (!this.#isOver) await this.pause(goneMs);
    return this.#last;
  }

  close(): void {
    this.#closed.abort();
  }

  async #listen(page: JobPage, begun: () => void): Promise<void> {
    const { ok, body } = await fetchPage(page, "api/v1/events", this.#closed.signal);
    begun();
    if (!ok || body === null) return await body?.cancel();
    let text = "";
    for await (const piece of body.pipeThrough(new TextDecoderStream())) {
      const events = (text + piece).split("\n\n");
      text = events.pop() ?? "";
      if (text.length > maxEventLength) return;
      for (const event of events) this.#hear(event);
    }
  }

  #hear(event: string): void {
    const data = /^event: news\ndata: (.*)$/s.exec(event)?.[1];
    if (data !== undefined) this.#last = (JSON.parse(data) as News).status;
  }
}
