import type { Field } from "../field.ts";
import { BytesBuilder } from "./bytes-builder.ts";
import type { CellValue, ColumnBuilder } from "./column-builder.ts";
import { Int32Builder, Int64Builder } from "./int-builder.ts";
import { batchMessage, type ColumnNode, schemaMessage, streamEnd } from "./write-message.ts";

/** A column to write. All may have nulls. */
export interface ColumnSpec {
  readonly name: string;
  readonly type: "int32" | "int64" | "utf8" | "binary";
}

/** How rows lie in a batch: as columns, or, as Spark wants it from a worker, as members of one struct column. */
export type Layout = "flat" | "struct";

/** Name of the struct column. */
const structName = "_0";

/** Collects rows and makes Arrow record batches of them. */
export class BatchBuilder {
  readonly #layout: Layout;
  readonly #columns: readonly ColumnBuilder[];
  readonly #fields: readonly Field[];
  #rows = 0;

  constructor(columns: readonly ColumnSpec[], layout: Layout) {
    this.#layout = layout;
    this.#columns = columns.map(builderOf);
    const fields = columns.map(({ name, type }) => ({ name, type, children: [] }));
    this.#fields = layout === "flat" ? fields : [{ name: structName, type: "struct", children: fields }];
  }

  get rows(): number {
    return this.#rows;
  }

  /** Bytes of values collected, for deciding when a batch is large enough. */
  get byteLength(): number {
    let sum = 0;
    for (const column of this.#columns) sum += column.byteLength;
    return sum;
  }

  /**
   * Adds a row: a value for each column, in order. Long bytes are referred to, so they must not change any more.
   * @throws TypeError for a value of another type, RangeError for more than 2 GiB.
   */
  append(...row: readonly CellValue[]): void {
    for (let i = 0; i < this.#columns.length; i++) (this.#columns[i] as ColumnBuilder).append(row[i] ?? null);
    this.#rows++;
  }

  /** The message that begins a stream of such batches. */
  schema(): Buffer {
    return schemaMessage(this.#fields);
  }

  /** The rows as the parts of one message. The builder is empty afterwards. */
  take(): Uint8Array[] {
    const rows = this.#rows;
    const nodes = this.#columns.map((column): ColumnNode => [rows, column.nulls]);
    const pieces = this.#columns.flatMap((column) => column.take());
    this.#rows = 0;
    if (this.#layout === "flat") return batchMessage(rows, nodes, pieces);
    return batchMessage(rows, [[rows, 0], ...nodes], [[], ...pieces]);
  }

  /** A whole stream with the rows collected, in one piece of memory. The builder is empty afterwards. */
  takeStream(): Buffer {
    return Buffer.concat([this.schema(), ...this.take(), streamEnd]);
  }
}

function builderOf({ name, type }: ColumnSpec): ColumnBuilder {
  switch (type) {
    case "int32":
      return new Int32Builder(name);
    case "int64":
      return new Int64Builder(name);
    default:
      return new BytesBuilder(name, type);
  }
}
