import { ArrowError } from "../../arrow/arrow-error.ts";
import type { ArrowBatch } from "../../arrow/read/arrow-batch.ts";
import { ArrowStreamReader } from "../../arrow/read/arrow-stream-reader.ts";
import type { ByteSource } from "../../arrow/read/byte-source.ts";

/** A task's rows: Spark sends them as the members of one struct column. */
export class TaskInput implements AsyncIterable<ArrowBatch> {
  readonly #reader: ArrowStreamReader;

  constructor(source: ByteSource) {
    this.#reader = new ArrowStreamReader(source);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ArrowBatch> {
    for (let batch = await this.#reader.next(); batch !== undefined; batch = await this.#reader.next()) {
      const [rows, ...others] = batch.columns;
      if (rows === undefined || others.length > 0)
        throw new ArrowError(`${batch.columns.length} columns where one was expected`);
      yield rows.children;
    }
  }

  /** Reads what the task left unread, so that the connection can serve the next one. */
  async skip(): Promise<void> {
    while ((await this.#reader.next()) !== undefined);
  }
}
