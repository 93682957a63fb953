import assert from "node:assert/strict";
import { test } from "node:test";
import { BatchBuilder } from "../record-batch/batch-builder.ts";
import { fitsBatch } from "./fits-batch.ts";

test("a record fits when a batch of its own takes it, by the byte", () => {
  const limit = 1_000;
  const records = Array.from({ length: 200 }, (_, i) => 800 + i).flatMap((size) => [
    { value: "x".repeat(size) },
    { value: "ü".repeat(size / 2), key: size % 2 === 0 ? "k" : null },
    { value: new Uint8Array(size) },
    {
      value: null,
      key: "k".repeat(size - 100),
      headers: [
        ["name", new Uint8Array(20)],
        ["empty", null],
      ] as const,
    },
  ]);
  let fitting = 0;
  for (const record of records) {
    const { key = null, value, headers } = { key: undefined, headers: undefined, ...record };
    const expected = new BatchBuilder(limit).tryAppend(key, value, 0, headers);
    assert.equal(fitsBatch(record, limit), expected);
    if (expected) fitting++;
  }
  assert.ok(fitting > 300 && fitting < 790, `both happen: ${fitting}`);
});
