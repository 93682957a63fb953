import assert from "node:assert/strict";
import { test } from "node:test";
import { codecs } from "../compression/codec.ts";
import { BatchBuilder, stampProducer } from "./batch-builder.ts";
import { batchAttribute, batchField, batchHeaderBytes, nextOffset } from "./batch-header.ts";
import { BatchReader } from "./batch-reader.ts";
import { buildControlBatch, controlType } from "./control-batch.ts";
import type { RecordColumns } from "./record-columns.ts";
import { decodeHeaders } from "./record-headers.ts";

// Batches that we do not write and that are in logs all the same: compaction leaves them, or other clients have written them, and
// Kafka's Java client reads them.

const at = { topic: "t", partition: 3 };
const nobody = { producerId: -1, producerEpoch: -1, baseSequence: -1 };
const baseOffset = 41;

interface Shape {
  /** Bytes of the records. */
  readonly records: readonly number[];
  readonly count: number;
  readonly lastOffsetDelta: number;
  readonly attributes?: number;
}

function batchOf({ records, count, lastOffsetDelta, attributes = 0 }: Shape): Buffer {
  const template = new BatchBuilder(1_000).finish(nobody);
  const batch = Buffer.concat([template.subarray(0, batchHeaderBytes), Buffer.from(records)]);
  batch.writeBigInt64BE(BigInt(baseOffset), batchField.baseOffset);
  batch.writeInt32BE(batch.length - 12, batchField.length);
  batch.writeInt16BE(attributes, batchField.attributes);
  batch.writeInt32BE(count, batchField.recordCount);
  batch.writeInt32BE(lastOffsetDelta, batchField.lastOffsetDelta);
  stampProducer(batch, nobody);
  return batch;
}

/** A record without key, whose value is one byte. The delta is of six bits. */
const record = (delta: number, value: number): number[] => [
  ...[0x0e, 0, 0],
  ...[delta < 0 ? -2 * delta - 1 : 2 * delta, 1, 2],
  ...[value, 0],
];

function decoded(batch: Buffer): { columns: RecordColumns; next: number } {
  const reader = new BatchReader(at);
  const header = reader.header(batch, 0, batch.length);
  assert.ok(header);
  return { columns: reader.decode(batch, header), next: nextOffset(header) };
}

const valuesOf = (columns: RecordColumns): (number | undefined)[] =>
  Array.from({ length: columns.count }, (_, i) => columns.value(i)?.[0]);

for (const [name, deltas, expected, lastOffsetDelta] of [
  ["rise", [0, 1, 2], [0, 1, 2], 2],
  ["have gaps and do not begin at 0", [3, 5, 9], [3, 5, 9], 9],
  ["end above the last of the batch", [1, 2, 3], [1, 2, 3], 2],
  ["repeat", [0, 0, 1], [0, 1], 2],
  ["are all the same", [0, 0, 0], [0], 2],
  ["fall", [2, 1, 0], [2], 2],
  ["fall and rise", [0, 2, 1, 3], [0, 2, 3], 3],
  ["begin below the batch", [-1, 0, 1], [0, 1], 2],
] as const) {
  test(`of records whose offsets ${name} those above all before them are read`, () => {
    const records = deltas.flatMap((delta, i) => record(delta, i));
    const { columns, next } = decoded(batchOf({ records, count: deltas.length, lastOffsetDelta }));
    assert.deepEqual([...columns.offsetDelta.subarray(0, columns.count)], expected);
    assert.deepEqual(
      valuesOf(columns),
      expected.map((delta) => deltas.indexOf(delta as never)),
    );
    assert.equal(columns.passedOver, deltas.length - expected.length);
    assert.equal(next, baseOffset + lastOffsetDelta + 1);
  });
}

test("more records than offsets are read", () => {
  const records = [...record(0, 1), ...record(1, 2), ...record(2, 3)];
  assert.deepEqual(valuesOf(decoded(batchOf({ records, count: 3, lastOffsetDelta: 0 })).columns), [1, 2, 3]);
});

for (const codec of [...Object.values(codecs), 5, 7]) {
  for (const records of [[], [1, 2, 3]]) {
    test(`an empty batch with codec ${codec} and ${records.length} bytes has no records and keeps its offsets`, () => {
      const { columns, next } = decoded(batchOf({ records, count: 0, lastOffsetDelta: 9, attributes: codec }));
      assert.deepEqual([columns.count, columns.passedOver, next], [0, 0, baseOffset + 10]);
    });
  }
}

test("an empty batch after one with records does not have those again", () => {
  const reader = new BatchReader(at);
  for (const batch of [
    batchOf({ records: record(0, 1), count: 1, lastOffsetDelta: 0 }),
    batchOf({ records: [], count: 0, lastOffsetDelta: 0 }),
  ]) {
    const header = reader.header(batch, 0, batch.length);
    assert.ok(header);
    assert.equal(reader.decode(batch, header).count, header.recordCount);
  }
});

test("any negative length is null: of keys, values and the values of headers", () => {
  const lengths = [0x01, 0x03, 0x0b];
  const records = lengths.flatMap((length, i) => [...[0x12, 0, 0, 2 * i], length, length, ...[2, 2, 0x68, length]]);
  const { columns } = decoded(batchOf({ records, count: 3, lastOffsetDelta: 2 }));
  for (const i of lengths.keys()) {
    assert.deepEqual([columns.key(i), columns.value(i)], [null, null]);
    assert.deepEqual(decodeHeaders(columns, i, { ...at, offset: baseOffset }), [["h", null]]);
  }
});

test("an unknown codec, and a negative count of records, are refused where records are read, not before", () => {
  for (const [shape, message] of [
    [{ records: record(0, 1), count: 1, lastOffsetDelta: 0, attributes: 5 }, /t-3@41: its compression codec is 5$/],
    [{ records: record(0, 1), count: -1, lastOffsetDelta: 0 }, /t-3@41: it claims -1 records in 8 bytes$/],
  ] as const) {
    assert.throws(() => decoded(batchOf(shape)), { code: "CORRUPT_BATCH", message });
  }
});

const control = batchAttribute.control | batchAttribute.transactional;
/** As the coordinator writes it: a key of version 0 and this type, a value of six bytes. */
const marker = (type: number, delta = 0): number[] => [
  ...[0x20, 0, 0, 2 * delta, 8],
  ...[0, 0, 0, type],
  ...[12, 0, 0, 0, 0, 0, 0, 0],
];

for (const [name, shape, expected] of [
  ["without records", { records: [], count: 0, lastOffsetDelta: 0 }, undefined],
  ["with two records", { records: [...marker(0), ...marker(1, 1)], count: 2, lastOffsetDelta: 1 }, controlType.abort],
  ["with a null key", { records: [0x0c, 0, 0, 0, 1, 1, 0], count: 1, lastOffsetDelta: 0 }, undefined],
  ["with a key of two bytes", { records: [0x10, 0, 0, 0, 4, 0, 0, 1, 0], count: 1, lastOffsetDelta: 0 }, undefined],
  ["of a later type", { records: marker(6), count: 1, lastOffsetDelta: 0 }, 6],
  [
    "with bytes after its key that are nothing",
    { records: [...marker(0).slice(0, 9), 9, 9, 9, 9, 9, 9, 9, 9], count: 1, lastOffsetDelta: 0 },
    controlType.abort,
  ],
  ["with bytes after its record", { records: [...marker(1), 7, 7], count: 1, lastOffsetDelta: 0 }, controlType.commit],
] as const) {
  test(`a control batch ${name} says ${expected ?? "nothing"}`, () => {
    const batch = batchOf({ ...shape, attributes: control });
    const reader = new BatchReader(at);
    const header = reader.header(batch, 0, batch.length);
    assert.ok(header?.isControl);
    assert.equal(reader.controlType(batch, header), expected);
  });
}

test("a control batch whose record is damaged is refused when its type is asked for", () => {
  for (const records of [
    [0x7e, 0, 0, 0, 8, 0, 0, 0, 0],
    [0x0c, 0, 0, 0, 0x20, 1, 0],
    [0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  ]) {
    const batch = batchOf({ records, count: 1, lastOffsetDelta: 0, attributes: control });
    const reader = new BatchReader(at);
    const header = reader.header(batch, 0, batch.length);
    assert.ok(header);
    assert.throws(() => reader.controlType(batch, header), {
      code: "CORRUPT_BATCH",
      message: /t-3@41: the record of this control batch is damaged$/,
    });
  }
});

test("a control batch that a broker has compressed says its type", () => {
  const plain = buildControlBatch({ type: "abort", producerId: 5, producerEpoch: 0, timestamp: 1 });
  const builder = new BatchBuilder(1_000);
  builder.tryAppend(Buffer.from(plain.subarray(batchHeaderBytes + 5, batchHeaderBytes + 9)), Buffer.alloc(6), 1);
  const batch = builder.finish({ ...nobody, compression: "gzip", isControl: true });
  const reader = new BatchReader(at);
  const header = reader.header(batch, 0, batch.length);
  assert.ok(header?.isControl);
  assert.equal(reader.controlType(batch, header), controlType.abort);
});
