import type { RowSink } from "../program/segment.ts";

/** Takes rows from a loop and does something with them at the end of the partition. */
export interface Sink extends RowSink {
  /** Resolves when the sink can take more rows; awaited between chunks of rows, where a sink has it. */
  ready?(): Promise<void>;
  /** Called once, after the last row. */
  finish(): void | Promise<void>;
  /** The rows it got, where it knows them without counting. */
  readonly numRows?: number;
}
