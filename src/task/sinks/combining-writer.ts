import { type Block, encodePairs } from "../../codec/block.ts";
import { encodeValue } from "../../codec/value-codec.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import type { Aggregator } from "../../plan/aggregator.ts";
import { KeyedAccumulator } from "./keyed-accumulator.ts";
import type { Sink } from "./sink.ts";

/** Keys that are combined before they are written out: bounds the memory of a task, and with it the size of a block. */
const maxKeys = 1 << 18;

/** Where blocks go, in order: the target's task and the block. */
export type EmitBlock = (target: number, block: Block) => void;

/** The map side of a shuffle: combines pairs by key, then writes a block of pairs for each partition behind the shuffle. */
export class CombiningWriter implements Sink {
  readonly #aggregator: Aggregator<unknown, unknown>;
  readonly #locate: (key: unknown) => number;
  readonly #numTargets: number;
  readonly #emit: EmitBlock;
  #combined: KeyedAccumulator;

  constructor(
    aggregator: Aggregator<unknown, unknown>,
    locate: (key: unknown) => number,
    numTargets: number,
    emit: EmitBlock,
  ) {
    this.#aggregator = aggregator;
    this.#locate = locate;
    this.#numTargets = numTargets;
    this.#emit = emit;
    this.#combined = new KeyedAccumulator(aggregator);
  }

  add(pair: readonly [unknown, unknown]): void {
    this.#combined.add(pair);
    if (this.#combined.entries.size >= maxKeys) this.finish();
  }

  finish(): void {
    const keys: unknown[][] = Array.from({ length: this.#numTargets }, () => []);
    const values: unknown[][] = Array.from({ length: this.#numTargets }, () => []);
    for (const { key, value } of this.#combined.entries.entries()) {
      const target = this.#locate(key);
      (keys[target] as unknown[]).push(key);
      (values[target] as unknown[]).push(value);
    }
    this.#combined = new KeyedAccumulator(this.#aggregator);
    for (let target = 0; target < this.#numTargets; target++) {
      const targetKeys = keys[target] as unknown[];
      if (targetKeys.length > 0) this.#emit(target, encode(targetKeys, values[target] as unknown[]));
    }
  }
}

/** @throws VALUE_NOT_ENCODABLE naming the key. */
function encode(keys: readonly unknown[], values: readonly unknown[]): Block {
  try {
    return encodePairs(keys, values);
  } catch (error) {
    for (let i = 0; i < keys.length; i++) nameKey(keys[i], values[i]);
    throw error;
  }
}

function nameKey(key: unknown, value: unknown): void {
  try {
    encodeValue(value);
  } catch (error) {
    const reason = DStreamError.from(error);
    throw new DStreamError("VALUE_NOT_ENCODABLE", `key ${JSON.stringify(key)}: ${reason.message}`, {
      cause: error,
      data: reason.data,
    });
  }
}
