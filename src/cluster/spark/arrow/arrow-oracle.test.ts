import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Binary,
  Bool,
  type DataType,
  Field,
  Int32,
  Int64,
  List,
  makeData,
  RecordBatch,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  Table,
  tableFromIPC,
  Utf8,
  type Vector,
  vectorFromArray,
} from "apache-arrow";
import type { ArrowBatch } from "./read/arrow-batch.ts";
import type { ArrowColumn } from "./read/arrow-column.ts";
import { readArrowBytes } from "./read/read-arrow-bytes.ts";
import { BatchBuilder, type ColumnSpec, type Layout } from "./write/batch-builder.ts";
import type { CellValue } from "./write/column-builder.ts";

// The apache-arrow package is the judge: what it writes must read here, and what is written here must read there.

/** Numbers from 0 up to `below`, the same in each run. */
function randomInts(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
type Random = (below: number) => number;

const texts = ["", "a", "größer", "\u{1f600}", "ascii only, and longer than most of the others", "x".repeat(5000)];
const kinds = {
  int32: (random: Random) => random(2 ** 32) - 2 ** 31,
  int64: (random: Random) => (random(2) === 0 ? -1 : 1) * (random(2 ** 21) * 2 ** 32 + random(2 ** 32)),
  utf8: (random: Random) => texts[random(texts.length)] as string,
  binary: (random: Random) => Buffer.from(Array.from({ length: random(20) }, () => random(256))),
} as const;

function randomRows(random: Random, columns: readonly ColumnSpec[]): CellValue[][] {
  return Array.from({ length: random(200) }, () =>
    columns.map(({ type }) => (random(4) === 0 ? null : kinds[type](random))),
  );
}

function randomColumns(random: Random): ColumnSpec[] {
  const types = Object.keys(kinds) as ColumnSpec["type"][];
  return Array.from({ length: 1 + random(5) }, (_, i) => ({ name: `c${i}`, type: types[random(4)] as "utf8" }));
}

function ours(column: ArrowColumn, type: ColumnSpec["type"], i: number): CellValue {
  if (column.isNull(i)) return null;
  if (type === "utf8") return column.text(i);
  return type === "binary" ? Buffer.from(column.bytes(i)) : column.int(i);
}

function theirs(value: unknown): CellValue {
  if (typeof value === "bigint") return Number(value);
  return value instanceof Uint8Array ? Buffer.from(value) : (value as CellValue);
}

const oracleTypes = { int32: new Int32(), int64: new Int64(), utf8: new Utf8(), binary: new Binary() };

function oracleVector(type: DataType, values: readonly unknown[]): Vector {
  return vectorFromArray(
    type instanceof Int64 ? values.map((v) => (v === null ? null : BigInt(v as number))) : values,
    type,
  );
}

/** A stream written by apache-arrow: two batches of the same columns, each flat or as members of one struct column. */
function oracleStream(columns: readonly ColumnSpec[], batches: readonly CellValue[][][], layout: Layout): Uint8Array {
  const fields = columns.map(({ name, type }) => new Field(name, oracleTypes[type] as DataType, true));
  const writer = new RecordBatchStreamWriter();
  for (const rows of batches) {
    const children = columns.map(({ type }, c) => {
      const vector = oracleVector(
        oracleTypes[type],
        rows.map((row) => row[c]),
      );
      return vector.data[0] ?? makeData({ type: oracleTypes[type] as DataType, length: 0 });
    });
    const inner = makeData({ type: new Struct(fields), length: rows.length, nullCount: 0, children });
    const outer = new Field("in", new Struct(fields), false);
    const schema = new Schema(layout === "flat" ? fields : [outer]);
    const data =
      layout === "flat"
        ? inner
        : makeData({ type: new Struct([outer]), length: rows.length, nullCount: 0, children: [inner] });
    writer.write(new RecordBatch(schema, data as never));
  }
  writer.finish();
  return writer.toUint8Array(true);
}

const members = (batch: ArrowBatch, layout: Layout): ArrowBatch =>
  layout === "flat" ? batch : (batch.columns[0] as ArrowColumn).children;

for (const layout of ["flat", "struct"] as const) {
  test(`100 random streams of apache-arrow read as they were written, columns ${layout}`, () => {
    for (let seed = 1; seed <= 100; seed++) {
      const random = randomInts(seed);
      const columns = randomColumns(random);
      const batches = [randomRows(random, columns), randomRows(random, columns)];
      const read = readArrowBytes(oracleStream(columns, batches, layout)).map((batch) => {
        const rows = members(batch, layout);
        return Array.from({ length: rows.numRows }, (_, i) =>
          columns.map(({ name, type }) => ours(rows.column(name), type, i)),
        );
      });
      assert.deepEqual(read, batches, `seed ${seed}`);
    }
  });

  test(`100 random streams written here read in apache-arrow, columns ${layout}`, () => {
    for (let seed = 1; seed <= 100; seed++) {
      const random = randomInts(seed);
      const columns = randomColumns(random);
      const builder = new BatchBuilder(columns, layout);
      const rows = randomRows(random, columns);
      for (const row of rows) builder.append(...row);
      const table = tableFromIPC(builder.takeStream());
      const read = table.toArray().map((row) => {
        const values = layout === "flat" ? row : row._0;
        return columns.map(({ name }) => theirs(values[name]));
      });
      assert.deepEqual(read, rows, `seed ${seed}`);
    }
  });
}

test("booleans and Kafka headers, a list of structs of text and bytes, read in place", () => {
  const entry = new Struct([new Field("key", new Utf8()), new Field("value", new Binary())]);
  const headers = new List(new Field("element", entry));
  const rows = [
    [
      { key: "trace", value: Buffer.from("1") },
      { key: "ü", value: null },
    ],
    null,
    [],
    [{ key: "last", value: Buffer.from([0]) }],
  ];
  const stream = new Table({
    headers: vectorFromArray(rows, headers),
    ok: vectorFromArray([true, false, null, true], new Bool()),
  });
  const writer = RecordBatchStreamWriter.writeAll(stream);
  const [batch] = readArrowBytes(writer.toUint8Array(true));
  assert.ok(batch);
  const list = batch.column("headers");
  const read = Array.from({ length: 4 }, (_, i) => {
    if (list.isNull(i)) return null;
    const [keys, values] = [list.children.column("key"), list.children.column("value")];
    return Array.from({ length: list.until(i) - list.from(i) }, (_, k) => {
      const at = list.from(i) + k;
      return { key: keys.text(at), value: values.isNull(at) ? null : Buffer.from(values.bytes(at)) };
    });
  });
  assert.deepEqual(read, rows);
  const ok = batch.column("ok");
  assert.deepEqual([ok.bool(0), ok.bool(1), ok.isNull(2), ok.bool(3)], [true, false, true, true]);
});
