import type { KafkaSink } from "../../plan/graph/output.ts";
import { collectedRecord } from "./collected-record.ts";
import type { Collector } from "./collector.ts";
import { RecordMaker } from "./record-maker.ts";
import type { Sink } from "./sink.ts";

/** Rows as records on their way to the driver, which writes them in the batch's transaction. */
export class RecordCollector implements Sink {
  readonly #collector: Collector;
  readonly #maker: RecordMaker;

  constructor(collector: Collector, sink: KafkaSink) {
    this.#collector = collector;
    this.#maker = new RecordMaker(sink);
  }

  get numRows(): number {
    return this.#collector.numRows;
  }

  add(row: unknown): void {
    this.#collector.add(collectedRecord(this.#maker.record(row)));
  }

  finish(): void {
    this.#collector.finish(this.#maker.facts);
  }
}
