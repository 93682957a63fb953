import type { Block } from "../../../codec/block.ts";
import type { TaskCounts, TaskTiming } from "../../../listeners/facts/task-facts.ts";
import type { StateFile } from "../../../state/files/state-file.ts";
import type { EdgeBlock, OutputPart, TaskResult } from "../../../task/task-spec.ts";

// What leaves a task on Spark is rows of bytes: a header of six little-endian int32 and a payload. Rows for a later stage than the
// next, and those for the driver, are carried on by the tasks between. A row that goes through a shuffle is a pure function of the
// task's input: from 4.1 on Spark compares what a task that it runs again wrote with what it wrote before, and where they differ it
// runs all later stages again, or gives the query up. So times travel in rows of the last stage, which go to the driver at once.

/** Where a row goes: a stage and one of its tasks; the stage behind the last is the driver. */
export interface Destination {
  readonly stage: number;
  readonly task: number;
}

const tags = { block: 0, outputBlock: 1, output: 2, report: 3, timings: 4 } as const;
const headerLength = 24;

/** What a task tells the driver besides its outputs. */
export interface TaskReport {
  readonly facts: TaskCounts;
  readonly stateFiles: readonly StateFile[];
  readonly added: Readonly<Record<number, number>>;
}

/** When a task of the batch ran, of any stage. */
export interface ToldTiming {
  readonly stage: number;
  readonly index: number;
  readonly timing: TaskTiming;
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
  | { readonly kind: "timings"; readonly timings: readonly ToldTiming[] }
);

export interface SentRow {
  readonly destination: Destination;
  readonly row: Uint8Array;
}

/** The rows of a task's result, but for its times. `stageOf` says to which stage an edge leads; `driver` is the stage behind the last. */
export function* encodeResult(
  result: TaskResult,
  stageOf: (edge: number) => number,
  driver: number,
): Generator<SentRow> {
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
  const { stateFiles, added, facts } = result;
  const { timing: _, ...counts } = facts;
  const payload = Buffer.from(JSON.stringify({ facts: counts, stateFiles, added } satisfies TaskReport));
  yield { destination, row: encode(destination, tags.report, 0, 0, 0, payload) };
}

/** For a task of the last stage. */
export function encodeTimings(timings: readonly ToldTiming[], driver: number): SentRow {
  const destination = { stage: driver, task: 0 };
  return { destination, row: encode(destination, tags.timings, 0, 0, 0, Buffer.from(JSON.stringify(timings))) };
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
    case tags.timings:
      return { destination, kind: "timings", timings: json<ToldTiming[]>(payload) };
    default:
      throw new RangeError(`a row has the unknown tag ${tag}`);
  }
}

function json<T>(payload: Uint8Array): T {
  return JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString("utf8")) as T;
}
