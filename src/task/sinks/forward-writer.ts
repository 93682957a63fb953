import { encodeRows } from "../../codec/block.ts";
import type { EmitBlock } from "./combining-writer.ts";
import type { Sink } from "./sink.ts";

const rowsPerBlock = 1 << 14;

/** Carries the rows of a partition unchanged to the partition of the same number at a later level. */
export class ForwardWriter implements Sink {
  readonly #target: number;
  readonly #emit: EmitBlock;
  #rows: unknown[] = [];

  constructor(target: number, emit: EmitBlock) {
    this.#target = target;
    this.#emit = emit;
  }

  add(row: unknown): void {
    this.#rows.push(row);
    if (this.#rows.length === rowsPerBlock) this.finish();
  }

  finish(): void {
    if (this.#rows.length > 0) this.#emit(this.#target, encodeRows(this.#rows));
    this.#rows = [];
  }
}
