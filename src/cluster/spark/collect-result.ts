import type { Block } from "../../codec/block.ts";
import type { TaskFacts, TaskTiming } from "../../listeners/facts/task-facts.ts";
import { sumOfEach } from "../../task/sinks/keyed/sum-of-each.ts";
import type { OutputPart } from "../../task/task-spec.ts";
import type { BatchResult } from "../cluster.ts";
import type { ArrowBatch } from "./arrow/read/arrow-batch.ts";
import { decodeRow, type TaskReport, type ToldTiming } from "./wire/transfer-row.ts";

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
  readonly #timings = new Map<string, TaskTiming>();

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
    const tasks = this.#reports.map(({ facts }) => {
      const timing = this.#timings.get(`${facts.stage}/${facts.index}`);
      return timing === undefined ? facts : { ...facts, timing };
    });
    return {
      outputs,
      stateFiles: this.#reports.flatMap(({ stateFiles }) => stateFiles),
      added: sumOfEach(this.#reports.map(({ added }) => added)),
      tasks,
      readEnd: readEnd(tasks),
    };
  }

  #addRow(bytes: Uint8Array): void {
    const row = decodeRow(bytes);
    if (row.kind === "report") this.#reports.push(row.report);
    else if (row.kind === "output") this.#part(row.part.output, row.part.partition).summary = row.part;
    else if (row.kind === "outputBlock") this.#addBlock(row);
    else if (row.kind === "timings") for (const told of row.timings) this.#addTiming(told);
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

  /** A batch may be run twice in one attempt: then the last time counts. */
  #addTiming({ stage, index, timing }: ToldTiming): void {
    const id = `${stage}/${index}`;
    if (timing.start >= (this.#timings.get(id)?.start ?? 0)) this.#timings.set(id, timing);
  }

  #part(output: number, partition: number): CollectedPart {
    const id = `${output}/${partition}`;
    const part = this.#parts.get(id) ?? { blocks: [], summary: undefined, isCut: false };
    this.#parts.set(id, part);
    return part;
  }
}

/**
 * When the last task of stage 0 had ended, as far as tasks told: by the clocks of their hosts, so that it is as exact as these agree with
 * ours. Now, where none told.
 */
function readEnd(tasks: readonly TaskFacts[]): number {
  const ends = tasks.flatMap(({ stage, timing }) => (stage === 0 && timing ? timing.start + timing.ms : []));
  const agoMs = ends.length === 0 ? 0 : Math.max(0, Date.now() - Math.max(...ends));
  return performance.now() - agoMs;
}
