import { type Block, encodePairs } from "./block.ts";
import { firstCapacity, packBlocks } from "./pack-blocks.ts";

/** Packs keys and values, in order, into blocks of bounded size, without an object for each pair. */
export class PairPacker {
  readonly #emit: (block: Block) => void;
  #keys: unknown[] = [];
  #values: unknown[] = [];
  #capacity = firstCapacity;

  constructor(emit: (block: Block) => void) {
    this.#emit = emit;
  }

  /** @throws VALUE_NOT_ENCODABLE naming the key. */
  add(key: unknown, value: unknown): void {
    this.#keys.push(key);
    this.#values.push(value);
    if (this.#keys.length >= this.#capacity) this.flush();
  }

  /** Packs the pairs that wait for a block to be full. @throws VALUE_NOT_ENCODABLE naming the key. */
  flush(): void {
    const [keys, values] = [this.#keys, this.#values];
    if (keys.length === 0) return;
    this.#keys = [];
    this.#values = [];
    const encode = (from: number, until: number): Block =>
      encodePairs(keys.slice(from, until), values.slice(from, until));
    this.#capacity = packBlocks(0, keys.length, encode, this.#emit);
  }
}
