import { PairPacker } from "../../../codec/pair-packer.ts";
import { atOnce } from "../../../errors/user-code/at-once.ts";
import { checkText } from "../../../keys/check-key.ts";
import { TextNumbers } from "../../../keys/text-numbers.ts";
import type { Aggregator } from "../../../plan/aggregator.ts";
import { asPair } from "../../errors/no-pair.ts";
import type { EmitBlock } from "../scatter-writer.ts";
import type { Sink } from "../sink.ts";
import { KeyedAccumulator } from "./keyed-accumulator.ts";

/** Keys that are combined before they are written out: bounds the memory of a task. */
const maxKeys = 1 << 18;

/**
 * The map side of a shuffle that makes values smaller: combines pairs by key, then packs them for their keys' partitions. Most keys
 * are texts, each a fresh one, so these are found in a table of their own, without an object for each.
 */
export class CombiningWriter implements Sink {
  readonly #aggregator: Aggregator<unknown, unknown>;
  readonly #locate: (key: unknown) => number;
  readonly #packers: readonly PairPacker[];
  #texts = new TextNumbers();
  /** The combined value of each text, by its number. */
  #values: unknown[] = [];
  #others: KeyedAccumulator;

  constructor(
    aggregator: Aggregator<unknown, unknown>,
    locate: (key: unknown) => number,
    numTargets: number,
    emit: EmitBlock,
  ) {
    this.#aggregator = aggregator;
    this.#locate = locate;
    this.#packers = Array.from({ length: numTargets }, (_, target) => new PairPacker((block) => emit(target, block)));
    this.#others = new KeyedAccumulator(aggregator);
  }

  add(row: readonly [unknown, unknown]): void {
    const pair = asPair(row);
    const key = pair[0];
    if (typeof key === "string") this.#addText(key, pair[1]);
    else this.#others.add(pair);
    if (this.#values.length + this.#others.entries.size >= maxKeys) this.#spill();
  }

  finish(): void {
    this.#spill();
    for (const packer of this.#packers) packer.flush();
  }

  #addText(text: string, value: unknown): void {
    const values = this.#values;
    const number = this.#texts.numberOf(text);
    if (number < values.length) {
      values[number] = atOnce(this.#aggregator.mergeValue(values[number], value));
    } else {
      checkText(text);
      values.push(atOnce(this.#aggregator.create(value)));
    }
  }

  #spill(): void {
    const { texts } = this.#texts;
    for (let i = 0; i < texts.length; i++) this.#pack(texts[i], this.#values[i]);
    for (const { key, value } of this.#others.entries.entries()) this.#pack(key, value);
    this.#texts = new TextNumbers();
    this.#values = [];
    this.#others = new KeyedAccumulator(this.#aggregator);
  }

  #pack(key: unknown, value: unknown): void {
    (this.#packers[this.#locate(key)] as PairPacker).add(key, value);
  }
}
