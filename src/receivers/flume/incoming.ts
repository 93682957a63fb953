import type { Readable } from "node:stream";

/** What a connection brings, piece by piece as it is asked for. */
export class Incoming {
  readonly #chunks: AsyncIterator<Buffer>;
  /** What was given back. */
  #rest: Buffer | undefined;
  #upcoming: Promise<Buffer | undefined> | undefined;
  #endedAt: number | undefined;

  constructor(stream: Readable) {
    this.#chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  /** When the connection was seen to have ended, by `performance.now`. */
  get endedAt(): number | undefined {
    return this.#endedAt;
  }

  /** undefined at the end. */
  async next(): Promise<Buffer | undefined> {
    const rest = this.#rest;
    this.#rest = undefined;
    if (rest !== undefined) return rest;
    const upcoming = this.#pull();
    this.#upcoming = undefined;
    return upcoming;
  }

  /** Gives back what was too much of the last piece. */
  unread(rest: Buffer): void {
    this.#rest = rest;
  }

  /** Reads one piece ahead, so that an end of the connection is seen. */
  watch(): void {
    if (this.#rest === undefined) this.#pull().catch(() => {});
  }

  #pull(): Promise<Buffer | undefined> {
    this.#upcoming ??= this.#chunks.next().then(
      ({ value, done }) => {
        if (done !== true) return value;
        this.#endedAt = performance.now();
        return undefined;
      },
      (error: unknown) => {
        this.#endedAt = performance.now();
        throw error;
      },
    );
    return this.#upcoming;
  }
}
