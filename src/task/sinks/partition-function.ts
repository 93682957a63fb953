import type { TaskInfo } from "../../plan/graph/nodes/map-partitions.ts";
import type { PartitionOutput } from "../../plan/graph/output.ts";
import type { Sink } from "./sink.ts";

/** Gives all rows of a partition to a function of the user and waits for it. */
export class PartitionFunction implements Sink {
  readonly #f: PartitionOutput["f"];
  readonly #task: TaskInfo;
  readonly #rows: unknown[] = [];

  constructor(f: PartitionOutput["f"], task: TaskInfo) {
    this.#f = f;
    this.#task = task;
  }

  get numRows(): number {
    return this.#rows.length;
  }

  add(row: unknown): void {
    this.#rows.push(row);
  }

  async finish(): Promise<void> {
    await this.#f(this.#rows, this.#task);
  }
}
