import { appendUtf8 } from "../../bytes/utf8.ts";
import { murmur2 } from "./murmur2.ts";

const scratch = Buffer.alloc(1024);

/** The partition of a key, as Kafka's default partitioner chooses it. */
export function partitionOfKey(key: string | Uint8Array, partitions: number): number {
  return (murmur2(typeof key === "string" ? encode(key) : key) & 0x7fffffff) % partitions;
}

/** UTF-8 of a text; valid until the next call. */
function encode(text: string): Uint8Array {
  // Three bytes are the most that a UTF-16 unit takes.
  if (text.length * 3 > scratch.length) return Buffer.from(text);
  return scratch.subarray(0, appendUtf8(scratch, 0, text));
}

/**
 * The partition of records without a key: the same one until its batch is closed, then the next. So batches fill quickly, and
 * over time each partition gets as many batches. It should start anywhere, lest many producers begin with partition 0.
 */
export class StickyPartition {
  #partitions: number;
  #current: number;

  constructor(partitions: number, first: number) {
    this.#partitions = partitions;
    this.#current = first;
  }

  /** The topic has more partitions. */
  grow(partitions: number): void {
    this.#partitions = partitions;
  }

  get current(): number {
    return this.#current;
  }

  /** To be called when a batch of `partition` was closed. */
  batchClosed(partition: number): void {
    if (partition === this.#current) this.#current = (this.#current + 1) % this.#partitions;
  }
}
