import { KeyMap } from "../../../keys/key-map.ts";
import type { KeyedNode } from "../../../plan/graph/nodes/keyed.ts";
import { type Combined, KeyedAccumulator } from "./keyed-accumulator.ts";

/** What one partition of a keyed node collects in a batch: a combined value for each key, from all inputs. */
export class KeyedGroups {
  readonly entries = new KeyMap<Combined>();
  /** By input; what an input adds goes into the common entries. */
  readonly #inputs: readonly KeyedAccumulator[];
  readonly #isCombined: boolean;

  constructor(node: KeyedNode) {
    this.#inputs = node.inputs.map(({ aggregator }) => new KeyedAccumulator(aggregator, this.entries));
    this.#isCombined = node.mapSideCombine;
  }

  input(input: number): KeyedAccumulator {
    return this.#inputs[input] as KeyedAccumulator;
  }

  /** Takes a block that came over the edge of an input. */
  addShuffled(input: number, block: Uint8Array): void {
    if (this.#isCombined) this.input(input).mergeBlock(block);
    else this.input(input).addBlock(block);
  }
}
