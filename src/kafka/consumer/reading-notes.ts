import type { DStreamError } from "../../errors/dstream-error.ts";
import type { TopicPartition } from "../types.ts";
import type { SkippedBatch } from "./corrupt-batches.ts";
import { describeTruncation, type Truncation } from "./log-truncation.ts";

/** Texts beyond this are counted: a damaged disk has many batches. */
const textsMax = 10;

/** What a reader has to tell besides the records. */
export class ReadingNotes {
  /** Offsets of damaged batches that were passed over. */
  offsetsSkipped = 0;
  /** Of what was read. */
  bytes = 0;
  readonly #texts: string[] = [];
  #more = 0;

  /** For people; the first ones, and how many there were besides. */
  get warnings(): readonly string[] {
    return this.#more === 0 ? this.#texts : [...this.#texts, `${this.#more} more warnings of this kind`];
  }

  skipped({ topic, partition, offset, offsets, error }: SkippedBatch): void {
    this.offsetsSkipped += offsets;
    const reason = error.message.replace(/^\[\w+\] record batch at \S+ /, "");
    const count = `${offsets} offset${offsets === 1 ? "" : "s"}`;
    this.warn(`the damaged batch at ${topic}-${partition}@${offset} is skipped, with ${count}: ${reason}`);
  }

  passedOver({ topic, partition }: TopicPartition, offset: number, records: number): void {
    const text = `${records} records of the batch at ${topic}-${partition}@${offset} are passed over, as by Kafka's Java client: their offsets do not rise above those of the records before them`;
    this.warn(text);
  }

  truncated(error: DStreamError): void {
    this.warn(`${describeTruncation(error.data as unknown as Truncation)}; this batch has what is left of its range`);
  }

  warn(text: string): void {
    if (this.#texts.length < textsMax) this.#texts.push(text);
    else this.#more++;
  }
}
