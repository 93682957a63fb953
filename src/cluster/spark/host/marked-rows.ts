import { decodeRows } from "../../../codec/block.ts";
import type { ReadingNotes } from "../../../kafka/consumer/reading-notes.ts";
import type { KafkaSourceOptions } from "../../../kafka/types.ts";
import type { SourceNode } from "../../../plan/graph/nodes/source.ts";
import { readLiteral } from "../../../task/read-source.ts";
import type { ArrowBatch } from "../arrow/read/arrow-batch.ts";
import { decodeBlocks } from "../wire/local-payload.ts";
import type { MarkedInput } from "../wire/stage-command.ts";
import { readArrowRecords } from "./arrow-records.ts";

/** Rows with one mark that stand together in a batch. */
interface Run {
  readonly batch: ArrowBatch;
  readonly from: number;
  readonly until: number;
}

/**
 * The stream of rows that Spark gives a task of stage 0, cut where the mark changes. The rows of an input stand together:
 * Spark reads a Kafka partition as one partition, and an input of the driver is one row.
 */
export class MarkedRows {
  readonly #batches: AsyncIterator<ArrowBatch>;
  #batch: ArrowBatch | undefined;
  #at = 0;

  constructor(batches: AsyncIterable<ArrowBatch>) {
    this.#batches = batches[Symbol.asyncIterator]();
  }

  /** The mark of the next row; undefined at the end. */
  async nextMark(): Promise<number | undefined> {
    while (this.#batch === undefined || this.#at >= this.#batch.numRows) {
      const next = await this.#batches.next();
      if (next.done === true) return undefined;
      this.#batch = next.value;
      this.#at = 0;
    }
    return this.#batch.column("mark").int(this.#at);
  }

  /** Leaves out the next row. */
  skip(): void {
    this.#at++;
  }

  /** The rows of the input that comes next, a chunk at a time. */
  async *rows(node: SourceNode, input: MarkedInput, notes: ReadingNotes): AsyncGenerator<unknown[]> {
    if (node.feed.kind === "literal") yield* readLiteral(node.feed.rows, input.partition);
    for await (const { batch, from, until } of this.#runs(input.mark)) {
      if (input.range !== undefined && node.feed.kind === "kafka" && input.range.fromOffset < input.range.untilOffset) {
        const options = node.feed.options as KafkaSourceOptions<unknown, unknown, "fail">;
        for (const column of ["key", "value"]) notes.bytes += batch.column(column).numBytes(from, until);
        yield await readArrowRecords(batch, from, until, input.range, options);
      } else {
        for (let i = from; i < until; i++) {
          for (const block of decodeBlocks(batch.column("value").bytes(i))) {
            notes.bytes += block.length;
            yield decodeRows(block);
          }
        }
      }
    }
  }

  async *#runs(mark: number): AsyncGenerator<Run> {
    while ((await this.nextMark()) === mark) {
      const batch = this.#batch as ArrowBatch;
      const marks = batch.column("mark");
      const from = this.#at;
      let until = from + 1;
      while (until < batch.numRows && marks.int(until) === mark) until++;
      this.#at = until;
      yield { batch, from, until };
    }
  }
}
