import { type Block, encodeRows } from "./block.ts";
import { firstCapacity, packBlocks } from "./pack-blocks.ts";

/** Packs rows, in order, into blocks of bounded size. */
export class RowPacker {
  readonly #emit: (block: Block) => void;
  #rows: unknown[] = [];
  #capacity = firstCapacity;

  constructor(emit: (block: Block) => void) {
    this.#emit = emit;
  }

  /** @throws VALUE_NOT_ENCODABLE */
  add(row: unknown): void {
    this.#rows.push(row);
    if (this.#rows.length >= this.#capacity) this.flush();
  }

  /** Packs the rows that wait for a block to be full. @throws VALUE_NOT_ENCODABLE */
  flush(): void {
    const rows = this.#rows;
    if (rows.length === 0) return;
    this.#rows = [];
    const encode = (from: number, until: number): Block => encodeRows(rows.slice(from, until));
    this.#capacity = packBlocks(0, rows.length, encode, this.#emit);
  }
}
