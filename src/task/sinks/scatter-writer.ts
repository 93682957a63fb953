import type { Block } from "../../codec/block.ts";
import { RowPacker } from "../../codec/row-packer.ts";
import type { Sink } from "./sink.ts";

/** Where blocks go, in order: the target's task and the block. */
export type EmitBlock = (target: number, block: Block) => void;

/** Packs rows for the partitions behind a shuffle that they belong to. */
export class ScatterWriter implements Sink {
  readonly #locate: (row: any) => number;
  readonly #packers: readonly RowPacker[];

  constructor(locate: (row: any) => number, numTargets: number, emit: EmitBlock) {
    this.#locate = locate;
    this.#packers = Array.from({ length: numTargets }, (_, target) => new RowPacker((block) => emit(target, block)));
  }

  add(row: unknown): void {
    (this.#packers[this.#locate(row)] as RowPacker).add(row);
  }

  finish(): void {
    for (const packer of this.#packers) packer.flush();
  }
}
