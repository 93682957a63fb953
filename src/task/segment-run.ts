import type { DStreamError } from "../errors/dstream-error.ts";
import type { Steps } from "../runtime/steps.ts";
import type { LoopPosition, Segment } from "./program/segment.ts";
import type { Sink } from "./sinks/sink.ts";
import type { TaskMeter } from "./task-meter.ts";

/** Places whatever a segment threw: the node that ran, and the row it was given. */
export type PlaceThrown = (thrown: unknown, operator: number, row: unknown) => DStreamError;

/** So few that functions of the program which take some ms for a row are seen to go on. */
const rowsOfAStep = 256;

/** What the end of a segment's sinks is: rows that it left for a later segment were put there by its loop. */
const finishing = { edge: "exchange", output: "sink", segment: "functions" } as const;

/** What counts a segment's work. */
interface Counted {
  readonly meter: TaskMeter;
  /** Of all tasks of the thread. */
  readonly steps: Steps;
}

/** One segment over one partition: rows in, sinks out. */
export class SegmentRun {
  readonly #segment: Segment;
  readonly #sinks: readonly Sink[];
  readonly #meter: TaskMeter;
  readonly #steps: Steps;
  readonly #place: PlaceThrown;
  /** Sinks that may be full, by their numbers. */
  readonly #waiting: readonly (readonly [number, Sink])[];
  readonly #at: LoopPosition;

  constructor(segment: Segment, sinks: readonly Sink[], { meter, steps }: Counted, place: PlaceThrown) {
    this.#segment = segment;
    this.#sinks = sinks;
    this.#meter = meter;
    this.#steps = steps;
    this.#place = place;
    this.#waiting = [...sinks.entries()].filter(([, sink]) => sink.ready !== undefined);
    this.#at = { operator: segment.root.node.id, row: -1 };
  }

  /** Runs rows through the loop; resolves when the sinks can take more. */
  async push(rows: Iterable<unknown>): Promise<void> {
    if (Array.isArray(rows) && rows.length > rowsOfAStep) await this.#pushSteps(rows);
    else await this.#pushStep(rows);
    this.#meter.lap("functions");
    this.#count(rows);
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
    if (this.#waiting.length === 0) return;
    this.#meter.lap("functions");
    for (const [i, sink] of this.#waiting) await this.#inSink(i, () => sink.ready?.());
    this.#meter.lap("sink");
  }

  /** Rows that come over an edge into a union are those of one of its parents. */
  #count(rows: Iterable<unknown>): void {
    const { node } = this.#segment.root;
    if (node.kind !== "union" && Array.isArray(rows)) this.#meter.rows(node.id, rows.length);
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
    for (const [i, sink] of this.#sinks.entries()) {
      await this.#inSink(i, () => sink.finish());
      this.#meter.lap(finishing[this.#segment.sinks[i]?.kind ?? "segment"]);
      if (sink.numRows !== undefined) this.#meter.rows(this.#segment.sinkOperators[i] as number, sink.numRows);
    }
  }

  async #inSink(i: number, work: () => void | Promise<void>): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      throw this.#place(thrown, this.#segment.sinkOperators[i] ?? -1, undefined);
    }
  }
}
