import { decodePairs } from "../../codec/block.ts";
import { KeyMap } from "../../keys/key-map.ts";
import type { Aggregator } from "../../plan/aggregator.ts";

export interface Combined {
  readonly key: unknown;
  value: unknown;
}

/** The combined value of each key: of single values before a shuffle, of combined values behind it. */
export class KeyedAccumulator {
  readonly #aggregator: Aggregator<unknown, unknown>;
  readonly entries = new KeyMap<Combined>();

  constructor(aggregator: Aggregator<unknown, unknown>) {
    this.#aggregator = aggregator;
  }

  add(pair: readonly [unknown, unknown]): void {
    const entry = this.entries.get(pair[0]);
    if (entry === undefined) this.#insert(pair[0], this.#aggregator.create(pair[1]));
    else entry.value = this.#aggregator.mergeValue(entry.value, pair[1]);
  }

  /** Takes a block that another accumulator's entries were written to. */
  merge(block: Uint8Array): void {
    const { keys, values } = decodePairs(block);
    for (let i = 0; i < keys.length; i++) {
      const entry = this.entries.get(keys[i]);
      if (entry === undefined) this.#insert(keys[i], values[i]);
      else entry.value = this.#aggregator.mergeCombiners(entry.value, values[i]);
    }
  }

  /** Keys −0 and 0 are one key, written 0. */
  #insert(key: unknown, value: unknown): void {
    this.entries.set({ key: key === 0 ? 0 : key, value });
  }
}
