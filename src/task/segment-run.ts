import type { DStreamError } from "../errors/dstream-error.ts";
import type { Steps } from "../runtime/steps.ts";
import type { LoopPosition, Segment } from "./program/segment.ts";
import type { Sink } from "./sinks/sink.ts";

/** Places whatever a segment threw: the node that ran, and the row it was given. */
export type PlaceThrown = (thrown: unknown, operator: number, row: unknown) => DStreamError;

/** So few that functions of the program which take some ms for a row are seen to go on. */
const rowsOfAStep = 256;

/** One segment over one partition: rows in, sinks out. */
export class SegmentRun {
  readonly #segment: Segment;
  readonly #sinks: readonly Sink[];
  readonly #steps: Steps;
  readonly #place: PlaceThrown;
  /** Sinks that may be full, by their numbers. */
  readonly #waiting: readonly (readonly [number, Sink])[];
  readonly #at: LoopPosition;

  constructor(segment: Segment, sinks: readonly Sink[], steps: Steps, place: PlaceThrown) {
    this.#segment = segment;
    this.#sinks = sinks;
    this.#steps = steps;
    this.#place = place;
    this.#waiting = [...sinks.entries()].filter(([, sink]) => sink.ready !== undefined);
    this.#at = { operator: segment.root.node.id, row: -1 };
  }

  /** Runs rows through the loop; resolves when the sinks can take more. */
  push(rows: Iterable<unknown>): Promise<void> {
    return Array.isArray(rows) && rows.length > rowsOfAStep ? this.#pushSteps(rows) : this.#pushStep(rows);
  }

  async #pushSteps(rows: readonly unknown[]): Promise<void> {
    for (let from = 0; from < rows.length; from += rowsOfAStep) {
      await this.#pushStep(rows.slice(from, from + rowsOfAStep));
    }
  }

  async #pushStep(rows: Iterable<unknown>): Promise<void> {
    this.#steps.add();
    this.#at.row = -1;
    try {
      this.#segment.loop(rows, this.#at, this.#sinks);
    } catch (thrown) {
      const row = Array.isArray(rows) ? rows[this.#at.row] : undefined;
      throw this.#place(thrown, this.#at.operator, row);
    }
    for (const [i, sink] of this.#waiting) await this.#inSink(i, () => sink.ready?.());
  }

  /** Runs a function of the segment's own node, with its errors placed. */
  async guard<T>(f: () => T | Promise<T>): Promise<T> {
    try {
      return await f();
    } catch (thrown) {
      throw this.#place(thrown, this.#segment.root.node.id, undefined);
    }
  }

  /** After the last row: the sinks finish in the order in which they stand in the program. */
  async finish(): Promise<void> {
    for (const [i, sink] of this.#sinks.entries()) await this.#inSink(i, () => sink.finish());
  }

  async #inSink(i: number, work: () => void | Promise<void>): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      throw this.#place(thrown, this.#segment.sinkOperators[i] ?? -1, undefined);
    }
  }
}
