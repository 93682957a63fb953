import { PairPacker } from "../../codec/pair-packer.ts";
import type { Aggregator } from "../../plan/aggregator.ts";
import { KeyedAccumulator } from "./keyed-accumulator.ts";
import type { EmitBlock } from "./scatter-writer.ts";
import type { Sink } from "./sink.ts";

/** Keys that are combined before they are written out: bounds the memory of a task. */
const maxKeys = 1 << 18;

/** The map side of a shuffle that makes values smaller: combines pairs by key, then packs them for their keys' partitions. */
export class CombiningWriter implements Sink {
  readonly #aggregator: Aggregator<unknown, unknown>;
  readonly #locate: (key: unknown) => number;
  readonly #packers: readonly PairPacker[];
  #combined: KeyedAccumulator;

  constructor(
    aggregator: Aggregator<unknown, unknown>,
    locate: (key: unknown) => number,
    numTargets: number,
    emit: EmitBlock,
  ) {
    this.#aggregator = aggregator;
    this.#locate = locate;
    this.#packers = Array.from({ length: numTargets }, (_, target) => new PairPacker((block) => emit(target, block)));
    this.#combined = new KeyedAccumulator(aggregator);
  }

  add(pair: readonly [unknown, unknown]): void {
    this.#combined.add(pair);
    if (this.#combined.entries.size >= maxKeys) this.#spill();
  }

  finish(): void {
    this.#spill();
    for (const packer of this.#packers) packer.flush();
  }

  #spill(): void {
    for (const { key, value } of this.#combined.entries.entries()) {
      (this.#packers[this.#locate(key)] as PairPacker).add(key, value);
    }
    this.#combined = new KeyedAccumulator(this.#aggregator);
  }
}
