import { type Block, rowsIn } from "../codec/block.ts";
import type { EdgeTraffic, PartitionRead, TaskFacts, TaskTime } from "../listeners/facts/task-facts.ts";
import type { Machine } from "../runtime/machine/machine.ts";
import type { Timers } from "../runtime/machine/timers.ts";
import type { TaskSpec } from "./task-spec.ts";

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Measures one task: by chunks, blocks and segments, never by rows. What a task does comes one after the other, so that the time since
 * the last lap is of what this one names.
 */
export class TaskMeter {
  readonly #timers: Timers;
  readonly #start: number;
  readonly #begun: number;
  #lastLap: number;
  readonly #time: Writable<TaskTime> = { fetch: 0, functions: 0, exchange: 0, state: 0, sink: 0 };
  readonly #reads: PartitionRead[] = [];
  readonly #rows: Record<number, number> = {};
  readonly #edges: Record<number, Writable<EdgeTraffic>> = {};

  constructor({ clock, timers }: Pick<Machine, "clock" | "timers">) {
    this.#timers = timers;
    this.#start = clock.now();
    this.#begun = timers.elapsed();
    this.#lastLap = this.#begun;
  }

  /** What passed since the last lap went into `what`; without it, into nothing that is told apart. `now`: when it was over, if not now. */
  lap(what?: keyof TaskTime, now = this.#timers.elapsed()): void {
    if (now <= this.#lastLap) return;
    if (what !== undefined) this.#time[what] += now - this.#lastLap;
    this.#lastLap = now;
  }

  read(read: PartitionRead): void {
    this.#reads.push(read);
  }

  /** `id`: of a node, or of an output plus the number of nodes. */
  rows(id: number, count: number): void {
    this.#rows[id] = (this.#rows[id] ?? 0) + count;
  }

  wrote(edge: number, block: Block): void {
    this.#edges[edge] ??= { rows: 0, blocks: 0, bytes: 0 };
    const traffic = this.#edges[edge];
    traffic.rows += rowsIn(block);
    traffic.blocks++;
    traffic.bytes += block.length;
  }

  /** All that is known now; the task's time ends with the last lap. */
  facts({ stage, index }: Pick<TaskSpec, "stage" | "index">): TaskFacts {
    const ms = this.#lastLap - this.#begun;
    const timing = { start: this.#start, ms, time: this.#time };
    return { stage, index, reads: this.#reads, rows: this.#rows, edges: this.#edges, timing };
  }
}
