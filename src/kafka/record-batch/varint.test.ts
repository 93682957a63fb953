import assert from "node:assert/strict";
import { test } from "node:test";
import {
  rawVarintBytes,
  readRawVarint,
  readVarlong,
  varint,
  varlongBytes,
  writeRawVarint,
  writeVarlong,
} from "./varint.ts";

test("unsigned varints of every length round trip and tell where they end", () => {
  const bytes = Buffer.alloc(16);
  for (const value of [0, 1, 127, 128, 16383, 16384, 2097151, 2097152, 268435455, 268435456, 2 ** 31, 2 ** 32 - 1]) {
    const end = writeRawVarint(bytes, 3, value);
    assert.equal(end - 3, rawVarintBytes(value), `bytes of ${value}`);
    assert.equal(readRawVarint(bytes, 3), value);
    assert.equal(varint.end, end);
  }
});

test("signed varlongs round trip up to the safe integers", () => {
  const bytes = Buffer.alloc(16);
  const values = [
    0,
    -1,
    1,
    -64,
    64,
    2 ** 27,
    -(2 ** 27),
    2 ** 31,
    -(2 ** 31) - 1,
    2 ** 34,
    2 ** 51,
    -(2 ** 52),
    2 ** 52 - 1,
  ];
  for (const value of values) {
    const end = writeVarlong(bytes, 1, value);
    assert.equal(end - 1, varlongBytes(value), `bytes of ${value}`);
    assert.equal(readVarlong(bytes, 1), value);
    assert.equal(varint.end, end);
  }
});

test("the smallest and the largest 64-bit numbers are read as the nearest number", () => {
  const largest = Buffer.from("feffffffffffffffff01", "hex");
  const smallest = Buffer.from("ffffffffffffffffff01", "hex");
  assert.equal(readVarlong(largest, 0), 2 ** 63);
  assert.equal(readVarlong(smallest, 0), -(2 ** 63));
});

test("varints that are too long or cut off are refused", () => {
  assert.equal(readRawVarint(Buffer.from("ffffffff10", "hex"), 0), -1);
  assert.equal(readRawVarint(Buffer.from("ffffffffff01", "hex"), 0), -1);
  assert.equal(readRawVarint(Buffer.from("ff", "hex"), 0), -1);
  assert.equal(readRawVarint(Buffer.alloc(0), 0), -1);
  assert.ok(Number.isNaN(readVarlong(Buffer.alloc(12, 0xff), 0)));
  assert.ok(Number.isNaN(readVarlong(Buffer.from("ffff", "hex"), 0)));
});
