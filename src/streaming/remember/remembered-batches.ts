import type { CollectedOutput } from "../../driver/batch/collected-output.ts";
import type { JobBefore } from "../../driver/driver.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import type { PlanNode } from "../../plan/graph/nodes/node.ts";
import type { Graph } from "../../plan/graph/plan-builder.ts";
import { rememberDurations } from "./remember-durations.ts";

/** Of all streams, where the program does not say what to remember. */
const defaultBytes = 16 * 1024 * 1024;

interface Remembered {
  readonly nodeId: number;
  readonly time: number;
  readonly collected: CollectedOutput;
  readonly bytes: number;
}

/** What batches brought to the driver of late, for `slice`. */
export class RememberedBatches {
  readonly #maxBytes: number;
  #rememberMs: number | undefined;
  #nodes: readonly PlanNode[] | undefined;
  readonly #checkpointMs = new Map<number, number>();
  /** By node. */
  #durations: readonly number[] = [];
  #batches: Remembered[] = [];
  #bytes = 0;
  /** By node: the last time that was given up. */
  readonly #forgotten = new Map<number, number>();

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Keep batches so long, within the bytes that a result may have. @throws ILLEGAL_STATE when that was said before, as in Spark. */
  keepFor(durationMs: number, nodes: readonly PlanNode[] | undefined): void {
    if (this.#rememberMs !== undefined) {
      const text = `remember was called before, with ${this.#rememberMs} ms; call it once, with all streams`;
      throw new DStreamError("ILLEGAL_STATE", text);
    }
    this.#rememberMs = durationMs;
    this.#nodes = nodes;
  }

  /** Which of the nodes of a job the program wants to look back on. */
  wanted(nodes: readonly PlanNode[]): readonly PlanNode[] {
    if (this.#rememberMs === undefined) return [];
    return this.#nodes ?? nodes;
  }

  /** Batches of a stream with a checkpoint interval are kept for two of these. */
  checkpointEvery(nodeId: number, intervalMs: number): void {
    this.#checkpointMs.set(nodeId, intervalMs);
  }

  /** The graph is complete. What earlier runs of the job brought to the driver went with them. */
  begin(graph: Graph, { committed, zeroTime }: JobBefore): void {
    this.#durations = rememberDurations(graph, { rememberMs: this.#rememberMs, checkpointMs: this.#checkpointMs });
    if (committed === undefined || zeroTime === undefined) return;
    for (const { id, slideMs } of graph.nodes) {
      const last = committed - ((committed - zeroTime) % slideMs);
      if (last > zeroTime) this.#forgotten.set(id, last);
    }
  }

  add(node: { readonly id: number }, time: number, collected: CollectedOutput): void {
    const bytes = collected.parts.reduce((sum, { blocks }) => sum + blocks.reduce((n, { length }) => n + length, 0), 0);
    const again = this.#batches.findIndex((batch) => batch.nodeId === node.id && batch.time === time);
    if (again >= 0) this.#bytes -= this.#batches.splice(again, 1)[0]?.bytes ?? 0;
    this.#batches.push({ nodeId: node.id, time, collected, bytes });
    this.#bytes += bytes;
    const lastForgotten = time - (this.#durations[node.id] ?? 0);
    this.#forget((batch) => batch.nodeId === node.id && batch.time <= lastForgotten && batch.time < time);
    const limit = this.#rememberMs === undefined ? Math.min(defaultBytes, this.#maxBytes) : this.#maxBytes;
    this.#forget((batch) => this.#bytes > limit && batch.time < time);
  }

  /** Batches of a node behind `after`, up to `until`. @throws ILLEGAL_STATE when some are not kept any more. */
  between(nodeId: number, after: number, until: number): readonly CollectedOutput[] {
    const forgotten = this.#forgotten.get(nodeId);
    if (forgotten !== undefined && forgotten > after) {
      const text = `slice: batch ${forgotten} is not remembered any more: remember() says for how long batches are, maxResultBytes how many bytes of them, and none is behind a restart`;
      throw new DStreamError("ILLEGAL_STATE", text, { data: { batchTime: forgotten } });
    }
    return this.#batches
      .filter((batch) => batch.nodeId === nodeId && batch.time > after && batch.time <= until)
      .map(({ collected }) => collected);
  }

  #forget(isOver: (batch: Remembered) => boolean): void {
    this.#batches = this.#batches.filter((batch) => {
      if (!isOver(batch)) return true;
      this.#bytes -= batch.bytes;
      this.#forgotten.set(batch.nodeId, Math.max(batch.time, this.#forgotten.get(batch.nodeId) ?? 0));
      return false;
    });
  }
}
