import assert from "node:assert/strict";
import { test } from "node:test";
import { formatBatch, formatRow, rowFormat } from "./format-rows.ts";

const rule = "-".repeat(43);

test("a batch is printed as Spark's Scala API prints it", () => {
  assert.equal(formatBatch(["a", 1], 2, 3_000), `${rule}\nTime: 3000 ms\n${rule}\na\n1\n\n`);
  assert.equal(formatBatch(["a", 1, 2], 2, 3_000), `${rule}\nTime: 3000 ms\n${rule}\na\n1\n...\n\n`);
  assert.equal(formatBatch([1], 0, 3_000), `${rule}\nTime: 3000 ms\n${rule}\n...\n\n`);
  assert.equal(formatBatch([], 10, 3_000), `${rule}\nTime: 3000 ms\n${rule}\n\n`);
});

const shown: readonly (readonly [row: unknown, text: string])[] = [
  ["", ""],
  ["two words", "two words"],
  [-0, "0"],
  [null, "null"],
  [undefined, "undefined"],
  [12n, "12"],
  [["a", 2], "(a,2)"],
  [["a", ["x", undefined]], "(a,(x,undefined))"],
  [[1, 2, 3], "[1, 2, 3]"],
  [[], "[]"],
  [{ a: [1, 2], b: { c: 3n } }, '{"a":[1,2],"b":{"c":"3"}}'],
  [new Date(0), '"1970-01-01T00:00:00.000Z"'],
  [new Map([["a", new Set([1])]]), '[["a",[1]]]'],
  [{ bytes: Buffer.from([1, 2]) }, '{"bytes":[1,2]}'],
  [new Uint8Array([1, 2]), "[1,2]"],
  [new Error("why"), '"Error: why"'],
];

test("nothing that is in a row is left out of its text", () => {
  for (const [row, text] of shown) assert.equal(formatRow(row), text);
});

test("where no row is a pair, an array of two is shown as any other array", () => {
  const format = rowFormat("values");
  assert.deepEqual(
    [
      ["a", "b"],
      ["a", "b", "c"],
      [
        ["k", 1],
        ["l", 2],
      ],
      5,
    ].map(format),
    ["[a, b]", "[a, b, c]", "[(k,1), (l,2)]", "5"],
  );
  for (const shape of ["pairs", "open", "mixed"] as const) assert.equal(rowFormat(shape)(["a", 2]), "(a,2)");
});

test("a row that contains itself is refused, as JSON refuses it", () => {
  const row: unknown[] = ["a", "b", "c"];
  row.push(row);
  const refused = { code: "VALUE_NOT_ENCODABLE", message: /contains itself/ };
  assert.throws(() => formatRow(row), refused);
  assert.throws(() => formatRow({ row: [row] }), refused);
});
