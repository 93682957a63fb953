import assert from "node:assert/strict";
import { test } from "node:test";
import { type Block, decodePairs, decodeRows } from "./block.ts";
import { PairPacker } from "./pair-packer.ts";
import { RowPacker } from "./row-packer.ts";

const limit = 4 * 1024 * 1024;

function packed(rows: readonly unknown[]): Block[] {
  const blocks: Block[] = [];
  const packer = new RowPacker((block) => blocks.push(block));
  for (const row of rows) packer.add(row);
  packer.flush();
  return blocks;
}

test("no rows make no block", () => {
  assert.deepEqual(packed([]), []);
});

test("few small rows make one block", () => {
  const blocks = packed([1, 2, 3]);
  assert.equal(blocks.length, 1);
  assert.deepEqual(decodeRows(blocks[0] as Block), [1, 2, 3]);
});

test("many small rows make blocks of bounded size, in order", () => {
  const rows = Array.from({ length: 100_000 }, (_, i) => `row ${i}`);
  const blocks = packed(rows);
  assert.ok(blocks.length > 5 && blocks.length < 12, `${blocks.length} blocks`);
  assert.ok(blocks.every((block) => block.length <= limit));
  assert.deepEqual(blocks.flatMap(decodeRows), rows);
});

test("large rows behind small ones make blocks of bounded size, in order", () => {
  const large = "x".repeat(100_000);
  const rows = [...Array.from({ length: 2_000 }, (_, i) => i), ...Array.from({ length: 300 }, (_, i) => large + i)];
  const blocks = packed(rows);
  assert.ok(blocks.every((block) => block.length <= limit));
  assert.deepEqual(blocks.flatMap(decodeRows), rows);
});

test("a single row may be larger than a block", () => {
  const huge = "x".repeat(limit + 1);
  const blocks = packed([1, huge, 2]);
  assert.deepEqual(blocks.flatMap(decodeRows), [1, huge, 2]);
});

test("the same rows make the same blocks", () => {
  const rows = Array.from({ length: 5_000 }, (_, i) => ({ i, text: "x".repeat((i * 7919) % 3_000) }));
  assert.deepEqual(packed(rows), packed(rows));
});

test("pairs are packed as keys and values, in order", () => {
  const blocks: Block[] = [];
  const packer = new PairPacker((block) => blocks.push(block));
  for (let i = 0; i < 20_000; i++) packer.add(`key ${i}`, i);
  packer.flush();
  assert.ok(blocks.length > 1);
  const pairs = blocks.map(decodePairs);
  assert.deepEqual(
    pairs.flatMap(({ keys }) => keys),
    Array.from({ length: 20_000 }, (_, i) => `key ${i}`),
  );
  assert.deepEqual(
    pairs.flatMap(({ values }) => values),
    Array.from({ length: 20_000 }, (_, i) => i),
  );
});

test("a value that cannot be encoded is named by its key, whatever kind of key", () => {
  const packer = new PairPacker(() => {});
  packer.add(1n, { inner: () => {} });
  assert.throws(() => packer.flush(), {
    code: "VALUE_NOT_ENCODABLE",
    message: /\] the value of the key with hash [0-9a-f]{8} \(bigint\): a function \(at inner\) cannot leave its task$/,
  });
  const rows = new RowPacker(() => {});
  rows.add([{ k: 1 }, Symbol("s")]);
  assert.throws(() => rows.flush(), {
    code: "VALUE_NOT_ENCODABLE",
    message: /\] the value of the key with hash [0-9a-f]{8} \(object\): a symbol cannot leave its task$/,
  });
});
