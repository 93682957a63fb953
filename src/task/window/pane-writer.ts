import { RowPacker } from "../../codec/row-packer.ts";
import type { Sink } from "../sinks/sink.ts";
import type { BucketBlock } from "./pane.ts";

/** Packs the rows that a task adds to a window, bucket by bucket. */
export class PaneWriter implements Sink {
  readonly blocks: BucketBlock[] = [];
  readonly #bucketOf: (row: any) => number;
  readonly #packers = new Map<number, RowPacker>();

  constructor(bucketOf: (row: any) => number) {
    this.#bucketOf = bucketOf;
  }

  add(row: unknown): void {
    const bucket = this.#bucketOf(row);
    let packer = this.#packers.get(bucket);
    if (packer === undefined) {
      packer = new RowPacker((block) => this.blocks.push({ bucket, block }));
      this.#packers.set(bucket, packer);
    }
    packer.add(row);
  }

  /** May be called more than once. */
  finish(): void {
    for (const packer of this.#packers.values()) packer.flush();
  }
}
