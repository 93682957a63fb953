import type { MetaLog, MetaRecord } from "../meta-log.ts";

const firstProducerId = 1_000;
/** Ids are noted by the block, not one by one; the rest of a block is lost in a restart. */
const blockSize = 1_000;

/** Gives out producer ids, none twice. */
export class ProducerIds {
  readonly #meta: MetaLog;
  #next = firstProducerId;
  #below = firstProducerId;

  constructor(meta: MetaLog) {
    this.#meta = meta;
  }

  next(): number {
    if (this.#next === this.#below) {
      this.#below += blockSize;
      this.#meta.append({ type: "producer-ids", below: this.#below });
    }
    return this.#next++;
  }

  restore(below: number): void {
    this.#next = Math.max(this.#next, below);
    this.#below = this.#next;
  }

  record(): MetaRecord {
    return { type: "producer-ids", below: this.#below };
  }
}
