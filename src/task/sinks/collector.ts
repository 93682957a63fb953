import type { Block } from "../../codec/block.ts";
import { RowPacker } from "../../codec/row-packer.ts";
import type { OutputPart, RecordFacts } from "../task-spec.ts";
import type { Sink } from "./sink.ts";

/**
 * Rows on their way to the driver. Only `limit` of them where the output asks for no more, and none beyond `maxBytes`; rows
 * are counted all the same, so that counting needs no room.
 */
export class Collector implements Sink {
  readonly #output: number;
  readonly #partition: number;
  readonly #limit: number;
  readonly #maxBytes: number;
  readonly #done: (part: OutputPart) => void;
  readonly #blocks: Block[] = [];
  readonly #packer = new RowPacker((block) => this.#take(block));
  #count = 0;
  #bytes = 0;
  #isFull = false;

  constructor(
    output: number,
    partition: number,
    limit: number | undefined,
    maxBytes: number,
    done: (part: OutputPart) => void,
  ) {
    this.#output = output;
    this.#partition = partition;
    this.#limit = limit ?? Number.POSITIVE_INFINITY;
    this.#maxBytes = maxBytes;
    this.#done = done;
  }

  get numRows(): number {
    return this.#count;
  }

  add(row: unknown): void {
    this.#count++;
    if (this.#count > this.#limit || this.#isFull) return;
    this.#packer.add(row);
  }

  finish(records?: RecordFacts): void {
    this.#packer.flush();
    const complete = !this.#isFull && this.#count <= this.#limit;
    this.#done({
      output: this.#output,
      partition: this.#partition,
      count: this.#count,
      blocks: this.#blocks,
      complete,
      ...(records !== undefined && { records }),
    });
  }

  #take(block: Block): void {
    this.#bytes += block.length;
    if (this.#bytes > this.#maxBytes) this.#isFull = true;
    else this.#blocks.push(block);
  }
}
