import { decodePairs } from "../../../codec/block.ts";
import { atOnce } from "../../../errors/user-code/at-once.ts";
import { canonicalKey } from "../../../keys/canonical-key.ts";
import { KeyMap } from "../../../keys/key-map.ts";
import type { Aggregator } from "../../../plan/aggregator.ts";
import { asPair } from "../../errors/no-pair.ts";

export interface Combined {
  readonly key: unknown;
  value: unknown;
}

/**
 * The combined value of each key: of single values before a shuffle, of combined values behind it. Several accumulators may
 * share one map of entries, where their combined values are of one kind.
 */
export class KeyedAccumulator {
  readonly entries: KeyMap<Combined>;
  readonly #aggregator: Aggregator<unknown, unknown>;

  constructor(aggregator: Aggregator<unknown, unknown>, entries = new KeyMap<Combined>()) {
    this.#aggregator = aggregator;
    this.entries = entries;
  }

  add(pair: readonly [unknown, unknown]): void {
    const [key, value] = asPair(pair);
    this.#addValue(key, value);
  }

  /** Takes a block of pairs of key and single value. */
  addBlock(block: Uint8Array): void {
    const { keys, values } = decodePairs(block);
    for (let i = 0; i < keys.length; i++) this.#addValue(keys[i], values[i]);
  }

  /** Takes a block that another accumulator's entries were written to. */
  mergeBlock(block: Uint8Array): void {
    const { keys, values } = decodePairs(block);
    for (let i = 0; i < keys.length; i++) {
      const entry = this.entries.get(keys[i]);
      if (entry === undefined) this.#insert(keys[i], values[i]);
      else entry.value = atOnce(this.#aggregator.mergeCombiners(entry.value, values[i]));
    }
  }

  #addValue(key: unknown, value: unknown): void {
    const entry = this.entries.get(key);
    if (entry === undefined) this.#insert(key, atOnce(this.#aggregator.create(value)));
    else entry.value = atOnce(this.#aggregator.mergeValue(entry.value, value));
  }

  /** Texts were looked at when they were not found. */
  #insert(key: unknown, value: unknown): void {
    this.entries.set({ key: typeof key === "string" ? key : canonicalKey(key), value });
  }
}
