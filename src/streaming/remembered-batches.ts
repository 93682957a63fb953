import type { CollectedOutput } from "../driver/collected-output.ts";
import { DStreamError } from "../errors/dstream-error.ts";

/** Kept of every stream where the program says nothing: enough to look back a little, at little cost. */
const defaults = { slides: 10, bytes: 16 * 1024 * 1024 };

interface Remembered {
  readonly nodeId: number;
  readonly time: number;
  readonly collected: CollectedOutput;
  readonly bytes: number;
}

/** What batches brought to the driver of late, for `slice`. */
export class RememberedBatches {
  readonly #maxBytes: number;
  #durationMs: number | undefined;
  #batches: Remembered[] = [];
  #bytes = 0;
  /** By node: the last time that was given up. */
  readonly #forgotten = new Map<number, number>();

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Keep batches so long, within the bytes that a result may have. */
  keepFor(durationMs: number): void {
    this.#durationMs = durationMs;
  }

  add(node: { readonly id: number; readonly slideMs: number }, time: number, collected: CollectedOutput): void {
    const bytes = collected.parts.reduce((sum, { blocks }) => sum + blocks.reduce((n, { length }) => n + length, 0), 0);
    const again = this.#batches.findIndex((batch) => batch.nodeId === node.id && batch.time === time);
    if (again >= 0) this.#bytes -= this.#batches.splice(again, 1)[0]?.bytes ?? 0;
    this.#batches.push({ nodeId: node.id, time, collected, bytes });
    this.#bytes += bytes;
    const oldest = time - (this.#durationMs ?? defaults.slides * node.slideMs);
    this.#forget((batch) => batch.nodeId === node.id && batch.time < oldest);
    const limit = this.#durationMs === undefined ? Math.min(defaults.bytes, this.#maxBytes) : this.#maxBytes;
    this.#forget((batch) => this.#bytes > limit && batch.time < time);
  }

  /** Batches of a node behind `after`, up to `until`. @throws ILLEGAL_STATE when some are not kept any more. */
  between(nodeId: number, after: number, until: number): readonly CollectedOutput[] {
    const forgotten = this.#forgotten.get(nodeId);
    if (forgotten !== undefined && forgotten > after) {
      const text = `slice: batch ${forgotten} is not remembered any more; remember() says for how long batches are, and maxResultBytes how many bytes of them`;
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
