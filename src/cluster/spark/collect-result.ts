import type { Block } from "../../codec/block.ts";
import { sumOfEach } from "../../task/sinks/keyed/sum-of-each.ts";
import type { OutputPart } from "../../task/task-spec.ts";
import type { BatchResult } from "../cluster.ts";
import type { ArrowBatch } from "./arrow/read/arrow-batch.ts";
import { decodeRow, type TaskReport } from "./wire/transfer-row.ts";

interface CollectedPart {
  readonly blocks: Block[];
  summary: Omit<OutputPart, "blocks"> | undefined;
  isCut: boolean;
}

/**
 * Puts a batch's result together from the rows that reach the driver, in whatever order they come. Of each output no more than
 * `maxResultBytes` are kept, so that a result too large costs no more than that.
 */
export class ResultCollector {
  readonly #maxResultBytes: number;
  readonly #parts = new Map<string, CollectedPart>();
  readonly #bytes = new Map<number, number>();
  readonly #reports: TaskReport[] = [];

  constructor(maxResultBytes: number) {
    this.#maxResultBytes = maxResultBytes;
  }

  add(batch: ArrowBatch): void {
    const rows = batch.column("row");
    for (let i = 0; i < batch.numRows; i++) this.#addRow(rows.bytes(i));
  }

  /** What each input of stage 0 and each task reported. */
  get reports(): readonly TaskReport[] {
    return this.#reports;
  }

  result(): BatchResult {
    const outputs = [...this.#parts.values()].flatMap(({ blocks, summary, isCut }) => {
      if (summary === undefined) return [];
      return isCut ? [{ ...summary, blocks: [], complete: false }] : [{ ...summary, blocks }];
    });
    return {
      outputs,
      stateFiles: this.#reports.flatMap(({ stateFiles }) => stateFiles),
      added: sumOfEach(this.#reports.map(({ added }) => added)),
      // Spark's own client reads, which passes over nothing.
      offsetsSkipped: 0,
      recordsRead: this.#reports.reduce((sum, { recordsRead }) => sum + recordsRead, 0),
    };
  }

  #addRow(bytes: Uint8Array): void {
    const row = decodeRow(bytes);
    if (row.kind === "report") this.#reports.push(row.report);
    else if (row.kind === "output") this.#part(row.part.output, row.part.partition).summary = row.part;
    else if (row.kind === "outputBlock") this.#addBlock(row);
    else throw new RangeError("a block between stages arrived at the driver");
  }

  #addBlock({
    output,
    partition,
    sequence,
    block,
  }: {
    output: number;
    partition: number;
    sequence: number;
    block: Block;
  }): void {
    const part = this.#part(output, partition);
    const bytes = (this.#bytes.get(output) ?? 0) + block.length;
    this.#bytes.set(output, bytes);
    if (bytes > this.#maxResultBytes) part.isCut = true;
    else part.blocks[sequence] = block;
  }

  #part(output: number, partition: number): CollectedPart {
    const id = `${output}/${partition}`;
    const part = this.#parts.get(id) ?? { blocks: [], summary: undefined, isCut: false };
    this.#parts.set(id, part);
    return part;
  }
}
