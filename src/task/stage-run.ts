import type { DStreamError } from "../errors/dstream-error.ts";
import type { LoopPosition, Stage } from "./program/stage.ts";
import type { Sink } from "./sinks/sink.ts";

/** Places whatever a stage threw: the node that ran, and the row it was given. */
export type PlaceThrown = (thrown: unknown, operator: number, row: unknown) => DStreamError;

/** One stage over one partition: rows in, sinks out. */
export class StageRun {
  readonly #stage: Stage;
  readonly #sinks: readonly Sink[];
  readonly #place: PlaceThrown;
  /** Sinks that may be full, by their numbers. */
  readonly #waiting: readonly (readonly [number, Sink])[];
  readonly #at: LoopPosition;

  constructor(stage: Stage, sinks: readonly Sink[], place: PlaceThrown) {
    this.#stage = stage;
    this.#sinks = sinks;
    this.#place = place;
    this.#waiting = [...sinks.entries()].filter(([, sink]) => sink.ready !== undefined);
    this.#at = { operator: stage.root.node.id, row: -1 };
  }

  /** Runs rows through the loop; resolves when the sinks can take more. */
  async push(rows: Iterable<unknown>): Promise<void> {
    this.#at.row = -1;
    try {
      this.#stage.loop(rows, this.#at, this.#sinks);
    } catch (thrown) {
      const row = Array.isArray(rows) ? rows[this.#at.row] : undefined;
      throw this.#place(thrown, this.#at.operator, row);
    }
    for (const [i, sink] of this.#waiting) await this.#inSink(i, () => sink.ready?.());
  }

  /** Runs a function of the stage's own node, with its errors placed. */
  async guard<T>(f: () => T | Promise<T>): Promise<T> {
    try {
      return await f();
    } catch (thrown) {
      throw this.#place(thrown, this.#stage.root.node.id, undefined);
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
      throw this.#place(thrown, this.#stage.sinkOperators[i] ?? -1, undefined);
    }
  }
}
