import { atOnce } from "../../errors/at-once.ts";
import type { KafkaSink } from "../../plan/output.ts";
import { collectedRecord } from "../collected-record.ts";
import type { Collector } from "./collector.ts";
import type { Sink } from "./sink.ts";

/** Rows as records on their way to the driver, which writes them in the batch's transaction. */
export class RecordCollector implements Sink {
  readonly #collector: Collector;
  readonly #sink: KafkaSink;

  constructor(collector: Collector, sink: KafkaSink) {
    this.#collector = collector;
    this.#sink = sink;
  }

  add(row: unknown): void {
    this.#collector.add(collectedRecord(atOnce(this.#sink.toRecord(row))));
  }

  finish(): void {
    this.#collector.finish();
  }
}
