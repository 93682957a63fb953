import { RowPacker } from "../../codec/row-packer.ts";
import type { EmitBlock } from "./scatter-writer.ts";
import type { Sink } from "./sink.ts";

/** Carries the rows of a partition unchanged to the partition of the same number at a later stage. */
export class ForwardWriter implements Sink {
  readonly #packer: RowPacker;

  constructor(target: number, emit: EmitBlock) {
    this.#packer = new RowPacker((block) => emit(target, block));
  }

  add(row: unknown): void {
    this.#packer.add(row);
  }

  finish(): void {
    this.#packer.flush();
  }
}
