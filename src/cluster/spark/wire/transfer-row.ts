import type { Block } from "../../../codec/block.ts";
import type { StateFile } from "../../../state/files/state-file.ts";
import type { EdgeBlock, OutputPart, TaskResult } from "../../../task/task-spec.ts";

// What leaves a task on Spark is rows of bytes: a header of six little-endian int32 and a payload. Rows for a later stage than the
// next, and those for the driver, are carried on by the tasks between. A row is a pure function of the task's input, so that
// a task that Spark runs again gives the same rows.

/** Where a row goes: a stage and one of its tasks; the stage behind the last is the driver. */
export interface Destination {
  readonly stage: number;
  readonly task: number;
}

const tags = { block: 0, outputBlock: 1, output: 2, report: 3 } as const;
const headerLength = 24;

/** What a task tells the driver besides its outputs. */
export interface TaskReport {
  readonly stage: number;
  /** Index of the input at stage 0, of the task at later stages. */
  readonly index: number;
  readonly recordsRead: number;
  readonly stateFiles: readonly StateFile[];
  readonly added: Readonly<Record<number, number>>;
}

/** An output's part but for its rows. */
type PartSummary = Omit<OutputPart, "output" | "partition" | "blocks">;

/** One row as it was received. */
export type ReceivedRow = { readonly destination: Destination } & (
  | { readonly kind: "block"; readonly block: EdgeBlock }
  | {
      readonly kind: "outputBlock";
      readonly output: number;
      readonly partition: number;
      readonly sequence: number;
      readonly block: Block;
    }
  | { readonly kind: "output"; readonly part: Omit<OutputPart, "blocks"> }
  | { readonly kind: "report"; readonly report: TaskReport }
);

/** The rows of a task's result. `stageOf` says to which stage an edge leads; `driver` is the stage behind the last. */
export function* encodeResult(
  result: TaskResult,
  report: Pick<TaskReport, "stage" | "index">,
  stageOf: (edge: number) => number,
  driver: number,
): Generator<{ destination: Destination; row: Uint8Array }> {
  for (const { edge, partition, sequence, target, block } of result.blocks) {
    const destination = { stage: stageOf(edge), task: target };
    yield { destination, row: encode(destination, tags.block, edge, partition, sequence, block) };
  }
  const destination = { stage: driver, task: 0 };
  for (const { output, partition, blocks, ...rest } of result.outputs) {
    for (const [sequence, block] of blocks.entries()) {
      yield { destination, row: encode(destination, tags.outputBlock, output, partition, sequence, block) };
    }
    const summary = Buffer.from(JSON.stringify(rest satisfies PartSummary));
    yield { destination, row: encode(destination, tags.output, output, partition, 0, summary) };
  }
  const { recordsRead, stateFiles, added } = result;
  const payload = Buffer.from(JSON.stringify({ ...report, recordsRead, stateFiles, added } satisfies TaskReport));
  yield { destination, row: encode(destination, tags.report, 0, 0, 0, payload) };
}

function encode(
  { stage, task }: Destination,
  tag: number,
  a: number,
  b: number,
  c: number,
  payload: Uint8Array,
): Uint8Array {
  const row = Buffer.allocUnsafe(headerLength + payload.length);
  for (const [i, value] of [stage, task, tag, a, b, c].entries()) row.writeInt32LE(value, i * 4);
  row.set(payload, headerLength);
  return row;
}

/** Only where a row goes: what a task looks at in rows that it carries on. */
export function destinationOf(row: Uint8Array): Destination {
  const view = Buffer.from(row.buffer, row.byteOffset, row.byteLength);
  return { stage: view.readInt32LE(0), task: view.readInt32LE(4) };
}

/** The row with its payload in memory of its own, since blocks are handed on. */
export function decodeRow(row: Uint8Array): ReceivedRow {
  const view = Buffer.from(row.buffer, row.byteOffset, row.byteLength);
  const destination = destinationOf(row);
  const [tag, a, b, c] = [8, 12, 16, 20].map((at) => view.readInt32LE(at)) as [number, number, number, number];
  const payload = row.slice(headerLength) as Block;
  switch (tag) {
    case tags.block:
      return {
        destination,
        kind: "block",
        block: { edge: a, partition: b, sequence: c, target: destination.task, block: payload },
      };
    case tags.outputBlock:
      return { destination, kind: "outputBlock", output: a, partition: b, sequence: c, block: payload };
    case tags.output:
      return {
        destination,
        kind: "output",
        part: { output: a, partition: b, ...json<PartSummary>(payload) },
      };
    case tags.report:
      return { destination, kind: "report", report: json<TaskReport>(payload) };
    default:
      throw new RangeError(`a row has the unknown tag ${tag}`);
  }
}

function json<T>(payload: Uint8Array): T {
  return JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString("utf8")) as T;
}
