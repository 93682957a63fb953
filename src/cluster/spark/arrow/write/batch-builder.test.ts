import assert from "node:assert/strict";
import { test } from "node:test";
import { readArrowBytes } from "../read/read-arrow-bytes.ts";
import { BatchBuilder } from "./batch-builder.ts";
import { streamEnd } from "./write-message.ts";

test("values that do not fit their column are refused", () => {
  const builder = new BatchBuilder(
    [
      { name: "n", type: "int32" },
      { name: "o", type: "int64" },
      { name: "t", type: "utf8" },
      { name: "b", type: "binary" },
    ],
    "flat",
  );
  assert.throws(() => builder.append(2 ** 31), /column n takes integers of 32 bits, not 2147483648/);
  assert.throws(() => builder.append(1, 2 ** 53), /column o takes safe integers, not 9007199254740992/);
  assert.throws(() => builder.append(1, 1, 1), /column t takes text, not 1/);
  assert.throws(() => builder.append(1, 1, "", "text"), /column b takes bytes, not string/);
});

test("long values are referred to until the batch is taken, and read back among short ones", () => {
  const builder = new BatchBuilder([{ name: "b", type: "binary" }], "flat");
  const values = [10, 5000, 0, 100_000, 4095, 4096, 20_000].map((length, i) => Buffer.alloc(length, i + 1));
  for (const value of values) builder.append(value);
  const parts = builder.take();
  assert.ok(parts.some((part) => part.buffer === values[3]?.buffer && part.length === 100_000));
  const [batch] = readArrowBytes(Buffer.concat([builder.schema(), ...parts, streamEnd]));
  assert.deepEqual(
    values.map((_, i) => Buffer.from(batch?.column("b").bytes(i) ?? [])),
    values,
  );
});
