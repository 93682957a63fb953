// Simulated time. All that happens in a simulation happens in events of one scheduler: nothing runs between them, and no event begins
// before everything that the one before it made ready has run.
import { type Random, seededRandom } from "../../support/seeded-random.ts";

/** Taken before the simulation hides Node's own. */
const turn = (): Promise<void> => new Promise((resolve) => realImmediate(resolve));
const realImmediate = globalThis.setImmediate;

export interface Event {
  readonly time: number;
  readonly order: number;
  readonly run: () => void;
  isCancelled: boolean;
}

export class Scheduler {
  /** Milliseconds since the simulation began, in fine steps. */
  now = 0;
  /** All choices of a run are made by this. */
  readonly random: Random;
  /** How many events have run. */
  events = 0;
  readonly #heap: Event[] = [];
  #countdowns: { left: number; readonly run: () => void }[] = [];
  #order = 0;

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  /** Runs `run` after `ms` milliseconds. What is due at the same time runs in the order in which it was asked for. */
  after(ms: number, run: () => void): Event {
    const event = { time: this.now + Math.max(0, ms), order: this.#order++, run, isCancelled: false };
    this.#push(event);
    return event;
  }

  /** Runs `run` between two events, when so many more have run. */
  afterEvents(count: number, run: () => void): void {
    this.#countdowns.push({ left: count, run });
  }

  /** A time between two, in ms. */
  between(least: number, most: number): number {
    return least + (this.random(1_000_001) / 1_000_000) * (most - least);
  }

  /** True once in `n`, on average. */
  oneIn(n: number): boolean {
    return n > 0 && this.random(n) === 0;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.random(from.length)] as T;
  }

  /** Runs what falls due until `isDone`, or up to a time. Says whether it was done. */
  async run(isDone: () => boolean, until: number): Promise<boolean> {
    await turn();
    while (!isDone()) {
      const event = this.#pop();
      if (event === undefined || event.time > until) {
        if (event !== undefined) this.#push(event);
        this.now = Math.max(this.now, until);
        return false;
      }
      if (event.isCancelled) continue;
      this.now = event.time;
      this.events++;
      event.run();
      await turn();
      if (this.#countdowns.length > 0) await this.#countDown();
    }
    return true;
  }

  async #countDown(): Promise<void> {
    for (const countdown of this.#countdowns) countdown.left--;
    const due = this.#countdowns.filter(({ left }) => left <= 0);
    this.#countdowns = this.#countdowns.filter(({ left }) => left > 0);
    for (const { run } of due) {
      run();
      await turn();
    }
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let i = heap.length;
    heap.push(event);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!isBefore(event, heap[parent] as Event)) break;
      heap[i] = heap[parent] as Event;
      i = parent;
    }
    heap[i] = event;
  }

  #pop(): Event | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Event, heap[child] as Event)) child++;
      if (!isBefore(heap[child] as Event, last)) break;
      heap[i] = heap[child] as Event;
      i = child;
    }
    heap[i] = last;
    return first;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}
