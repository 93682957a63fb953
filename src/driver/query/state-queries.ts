import { DStreamError } from "../../errors/dstream-error.ts";
import { canonicalKey } from "../../keys/canonical-key.ts";
import type { Timers } from "../../runtime/machine/timers.ts";
import type { Entry } from "../../state/entry.ts";
import type { DirectoryFiles } from "../../state/files/directory-files.ts";
import { bytesOf, filesOf, type Manifest, type OperatorState } from "../../state/manifest.ts";
import type { AskedState, FoundInMemory } from "../../state/query/asked-state.ts";
import { bytesByBucket } from "../../state/query/bucket-bytes.ts";
import { storedEntries, storedStateOf } from "../../state/query/stored-state.ts";
import { loadState } from "../../task/state/load-state.ts";
import { Places } from "./places.ts";
import { QueryLimit } from "./query-limit.ts";
import { bucketsOf, type QueryableOperators } from "./queryable-operators.ts";

export interface StateQueriesOptions {
  readonly operators: QueryableOperators;
  readonly files: DirectoryFiles;
  /** What the last committed batch left. */
  readonly manifest: () => Manifest;
  /** Keeps the files of a state of that manifest until what it returns is called. */
  readonly hold: (state: OperatorState) => () => void;
  /** Asks who has the state in memory; undefined where nobody has just this version of it there, or it would take long to find out. */
  readonly lookUp?: LookUp | undefined;
  /** What is behind an error of a file. */
  readonly explain?: (error: unknown) => Promise<unknown>;
  readonly limits?: QueryLimits;
  readonly timers: Timers;
}

type LookUp = (asked: AskedState) => Promise<FoundInMemory | undefined>;

/** In ms. */
export interface QueryLimits {
  /** A key, or a piece of all entries. */
  readonly requestMs: number;
  /** What whoever takes entries may take for those of a piece, and for all. Longer no files are held. */
  readonly pieceMs: number;
  readonly entriesMs: number;
}

/** How much state an operator has. */
export interface OperatorSize {
  readonly operator: string;
  readonly buckets: number;
  readonly files: number;
  /** Of its files. */
  readonly bytes: number;
  /** Keys that have state, or a window's panes; undefined where an earlier version did not count them. */
  readonly entries: number | undefined;
  /** Of its sections in files; undefined for a window, whose panes are in buckets by task. */
  readonly bytesByBucket: readonly number[] | undefined;
}

const defaultLimits: QueryLimits = { requestMs: 30_000, pieceMs: 60_000, entriesMs: 600_000 };
/** Pieces that are read at once, whoever asks: each is in memory. */
const readingsMax = 4;

/**
 * Answers questions about state beside the batches, as the last committed batch left it, whole: whatever runs meanwhile, an answer is
 * of one manifest, whose files are held for as long as it is read, within limits of time.
 */
export class StateQueries {
  readonly #options: StateQueriesOptions;
  readonly #limits: QueryLimits;
  readonly #places = new Places(readingsMax);
  readonly #closed = new AbortController();

  constructor(options: StateQueriesOptions) {
    this.#options = options;
    this.#limits = options.limits ?? defaultLimits;
  }

  /**
   * The state of a key; undefined where it has none.
   *
   * @throws KEY_NOT_CANONICAL, STATE_OPERATOR_MISSING, STATE_QUERY_TIMEOUT, ILLEGAL_STATE when the job ends, CHECKPOINT_UNAVAILABLE,
   * CHECKPOINT_CORRUPT
   */
  async get(operator: string, key: unknown): Promise<unknown> {
    const canonical = canonicalKey(key);
    bucketsOf(this.#options.operators, operator);
    this.#closed.signal.throwIfAborted();
    const state = this.#stateOf(operator);
    if (state === undefined) return undefined;
    const release = this.#options.hold(state);
    try {
      return await this.#inTime(operator, (signal) => this.#stored(state, canonical, signal));
    } finally {
      release();
    }
  }

  /** Keys with their states, at most `limit`, in no particular order. @throws as `get` */
  async *entries(operator: string, limit = Number.POSITIVE_INFINITY): AsyncGenerator<readonly [unknown, unknown]> {
    bucketsOf(this.#options.operators, operator);
    this.#closed.signal.throwIfAborted();
    const state = this.#stateOf(operator);
    if (state === undefined) return;
    const release = this.#options.hold(state);
    const pieces = storedEntries(state, this.#options.files);
    const time = new QueryLimit(this.#closed.signal, this.#options.timers);
    let isOver = false;
    const end = (): void => {
      if (isOver) return;
      isOver = true;
      release();
      // A piece that is still being read is left behind.
      void pieces.return(undefined).catch(() => {});
    };
    // Whoever takes entries may never come again.
    time.signal.addEventListener("abort", end, { once: true });
    try {
      yield* this.#entriesOf(operator, pieces, limit, time);
    } finally {
      time.close();
      end();
    }
  }

  async *#entriesOf(
    operator: string,
    pieces: AsyncGenerator<Iterable<Entry>>,
    limit: number,
    time: QueryLimit,
  ): AsyncGenerator<readonly [unknown, unknown]> {
    const { requestMs, pieceMs, entriesMs } = this.#limits;
    const { timers } = this.#options;
    const end = timers.elapsed() + entriesMs;
    for (let left = limit; ; ) {
      time.restart(requestMs, `reading entries of ${operator}`);
      const piece = await this.#explained(time.wait(this.#places.run(() => pieces.next(), time.signal)));
      if (piece.done === true) return;
      time.restart(Math.max(0, Math.min(pieceMs, end - timers.elapsed())), `taking entries of ${operator}`);
      for (const { key, stored } of piece.value) {
        yield [key, loadState(stored)];
        if (--left === 0) return;
      }
    }
  }

  /** How much state there is of each operator that has run, windows too: of all behind one batch. @throws as `get` */
  async sizes(): Promise<OperatorSize[]> {
    const held = this.#options.manifest().map((state) => ({ state, release: this.#options.hold(state) }));
    try {
      return await Promise.all(
        held.map(({ state }) => this.#inTime(state.operator, (signal) => this.#sizeOf(state, signal))),
      );
    } finally {
      for (const { release } of held) release();
    }
  }

  /** From now on, and for whoever waits, there is no answer; `why` says it. */
  close(why: string): void {
    this.#closed.abort(new DStreamError("ILLEGAL_STATE", why));
  }

  async #inTime<T>(operator: string, read: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.#closed.signal.throwIfAborted();
    const time = new QueryLimit(this.#closed.signal, this.#options.timers);
    time.restart(this.#limits.requestMs, `reading the state of ${operator}`);
    try {
      return await this.#explained(time.wait(read(time.signal)));
    } finally {
      time.close();
    }
  }

  #stateOf(operator: string): OperatorState | undefined {
    return this.#options.manifest().find((state) => state.operator === operator);
  }

  async #stored(state: OperatorState, key: unknown, signal: AbortSignal): Promise<unknown> {
    const { operators, files, lookUp } = this.#options;
    const { operator } = state;
    const buckets = bucketsOf(operators, operator)(key, state.buckets);
    const inMemory = lookUp && (await lookUpIn(state, key, buckets, lookUp));
    if (inMemory !== undefined) return loadState(inMemory.stored);
    return loadState(await this.#places.run(() => storedStateOf(state, key, buckets, files), signal));
  }

  async #sizeOf(state: OperatorState, signal: AbortSignal): Promise<OperatorSize> {
    const { operators, files } = this.#options;
    const { operator, buckets, entries } = state;
    const isKeyed = operators.has(operator);
    const counted = isKeyed ? await this.#places.run(() => bytesByBucket(state, files), signal) : undefined;
    return {
      operator,
      buckets,
      files: filesOf([state]).size,
      bytes: bytesOf([state]),
      entries,
      bytesByBucket: counted,
    };
  }

  async #explained<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      throw (await this.#options.explain?.(error)) ?? error;
    }
  }
}

/** In a worker's memory. What it has there is what its last file left, so that there is only one bucket to be asked for. */
async function lookUpIn(
  { parts }: OperatorState,
  key: unknown,
  buckets: readonly number[],
  lookUp: LookUp,
): Promise<FoundInMemory | undefined> {
  const [bucket = 0, ...others] = buckets;
  const file = parts.find(({ until }) => bucket < until)?.chain.at(-1);
  return file === undefined || others.length > 0 ? undefined : lookUp({ file, key });
}
