import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeRows } from "../../codec/block.ts";
import type { TaskTiming } from "../../listeners/facts/task-facts.ts";
import type { TaskResult } from "../../task/task-spec.ts";
import { readArrowBytes } from "./arrow/read/read-arrow-bytes.ts";
import { BatchBuilder } from "./arrow/write/batch-builder.ts";
import { ResultCollector } from "./collect-result.ts";
import { decodeRow, destinationOf, encodeResult, encodeTimings } from "./wire/transfer-row.ts";

const one = encodeRows(["a", "b"]);
const two = encodeRows([1, 2, 3]);
const records = { pairs: true, values: false, highest: { t: 3 }, byTopic: { t: 2 } };
const result: TaskResult = {
  blocks: [{ edge: 2, partition: 1, sequence: 0, target: 5, block: one }],
  outputs: [
    { output: 0, partition: 1, count: 5, blocks: [one, two], complete: true },
    { output: 1, partition: 1, count: 9, blocks: [], complete: false, records },
  ],
  stateFiles: [],
  warnings: [],
  added: { 2: 3 },
  facts: {
    stage: 0,
    index: 3,
    reads: [{ source: 0, partition: 3, records: 7, bytes: 70, offsetsSkipped: 0 }],
    rows: { 0: 7 },
    edges: { 2: { rows: 2, blocks: 1, bytes: one.length } },
    timing: { start: 5_000, ms: 20, time: { fetch: 1, functions: 2, exchange: 3, state: 4, sink: 5 } },
  },
};
const rowsOf = ({ facts, ...of }: TaskResult, index = facts.index): Uint8Array[] =>
  [...encodeResult({ ...of, facts: { ...facts, index } }, () => 1, 2)].map(({ row }) => row);

/** The rows as they arrive: in one Arrow batch, the last first. */
function collected(rows: readonly Uint8Array[], maxResultBytes: number): ResultCollector {
  const builder = new BatchBuilder([{ name: "row", type: "binary" }], "flat");
  for (const row of rows.toReversed()) builder.append(row);
  const collector = new ResultCollector(maxResultBytes);
  for (const batch of readArrowBytes(builder.takeStream())) collector.add(batch);
  return collector;
}

test("a block for a later stage goes to its task as it was", () => {
  const [block] = rowsOf(result);
  assert.deepEqual(destinationOf(block as Uint8Array), { stage: 1, task: 5 });
  const row = decodeRow(block as Uint8Array);
  assert.ok(row.kind === "block");
  assert.deepEqual(
    { ...row.block, block: [...row.block.block] },
    { edge: 2, partition: 1, sequence: 0, target: 5, block: [...one] },
  );
});

test("outputs are put together whatever the order in which their rows arrive", () => {
  const outputs = rowsOf({ ...result, blocks: [] });
  const { outputs: parts } = collected(outputs, 1_000).result();
  const first = parts.find(({ output }) => output === 0);
  assert.deepEqual(
    first?.blocks.map((block) => [...block]),
    [[...one], [...two]],
  );
  assert.deepEqual([first?.count, first?.complete], [5, true]);
  assert.deepEqual(
    parts.find(({ output }) => output === 1),
    { output: 1, partition: 1, count: 9, blocks: [], complete: false, records },
  );
});

test("an output beyond the limit keeps its count and loses its rows, without a word of other outputs", () => {
  const small = {
    ...result,
    blocks: [],
    outputs: [{ output: 2, partition: 0, count: 2, blocks: [one], complete: true }],
  };
  const collector = collected([...rowsOf({ ...result, blocks: [] }), ...rowsOf(small, 4)], one.length);
  const { outputs } = collector.result();
  assert.deepEqual(
    outputs.find(({ output }) => output === 0),
    { output: 0, partition: 1, count: 5, blocks: [], complete: false },
  );
  assert.equal(outputs.find(({ output }) => output === 2)?.complete, true);
  assert.deepEqual(collector.reports.map(({ facts }) => facts.index).sort(), [3, 4]);
});

test("a block between stages that arrives at the driver is a defect and says so", () => {
  assert.throws(() => collected(rowsOf(result), 1_000), /a block between stages arrived at the driver/);
});

test("what a task says of itself arrives as it was, its times in a row of their own", () => {
  const { timing, ...counts } = result.facts;
  const rows = rowsOf({ ...result, blocks: [] });
  assert.deepEqual(collected(rows, 1_000).result().tasks, [counts]);
  const told = [{ stage: 0, index: 3, timing: timing as TaskTiming }];
  assert.deepEqual(collected([...rows, encodeTimings(told, 2).row], 1_000).result().tasks, [result.facts]);
});

test("a task that runs again writes the same rows, however long it took", () => {
  const time = { fetch: 9, functions: 8, exchange: 7, state: 6, sink: 5 };
  const again = { ...result, facts: { ...result.facts, timing: { start: 7_000, ms: 1_234.5, time } } };
  assert.deepEqual(rowsOf(again), rowsOf(result));
});
