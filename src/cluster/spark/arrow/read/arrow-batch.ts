import { ArrowError } from "../arrow-error.ts";
import type { ArrowColumn } from "./arrow-column.ts";

/** Rows as columns. They are views of the memory that the batch arrived in: whoever keeps bytes longer copies them. */
export class ArrowBatch {
  readonly numRows: number;
  readonly columns: readonly ArrowColumn[];

  constructor(numRows: number, columns: readonly ArrowColumn[]) {
    this.numRows = numRows;
    this.columns = columns;
  }

  /** @throws ArrowError, naming the columns there are. */
  column(name: string): ArrowColumn {
    const column = this.columns.find(({ field }) => field.name === name);
    if (column !== undefined) return column;
    const names = this.columns.map(({ field }) => field.name).join(", ");
    throw new ArrowError(`there is no column ${name} among ${names || "none"}`);
  }
}
