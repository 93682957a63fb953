import assert from "node:assert/strict";
import { test } from "node:test";
import { DStreamError } from "../../errors/dstream-error.ts";
import { type CompressionName, codecs } from "../compression/codec.ts";
import { BatchBuilder, stampProducer } from "./batch-builder.ts";
import { batchField, batchHeaderBytes } from "./batch-header.ts";
import { decodeBatches } from "./batch-reader.ts";
import { decodeHeaders } from "./record-headers.ts";

const at = { topic: "t", partition: 3 };
const producer = { producerId: 1, producerEpoch: 0, baseSequence: 0 };

function build(compression: CompressionName = "none", records = 20): Buffer {
  const builder = new BatchBuilder(1 << 20);
  for (let i = 0; i < records; i++) builder.tryAppend(`key-${i}`, `value ${i}`, i, [["h", "x"]]);
  const batch = builder.finish({ ...producer, compression });
  batch.writeBigInt64BE(41n, 0);
  return batch;
}

/** Decodes everything there is, headers too; returns the number of records. */
function readAll(bytes: Buffer): number {
  let records = 0;
  for (const { header, columns } of decodeBatches(bytes, 0, bytes.length, at)) {
    for (let i = 0; i < columns.count; i++) decodeHeaders(columns, i, { ...at, offset: header.baseOffset });
    records += columns.count;
  }
  return records;
}

const corrupt = (pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof DStreamError);
  assert.equal(error.code, "CORRUPT_BATCH");
  assert.match(error.message, pattern);
  return true;
};

/** A batch of one record with these bytes, with a correct checksum. */
function handmade(records: number[], recordCount = 1): Buffer {
  const batch = Buffer.concat([build().subarray(0, batchHeaderBytes), Buffer.from(records)]);
  batch.writeInt32BE(batch.length - 12, batchField.length);
  batch.writeInt32BE(recordCount, batchField.recordCount);
  batch.writeInt32BE(Math.max(recordCount - 1, 0), batchField.lastOffsetDelta);
  stampProducer(batch, producer);
  return batch;
}

for (const compression of Object.keys(codecs) as CompressionName[]) {
  test(`every flipped bit of a batch with codec ${compression} is noticed`, () => {
    const whole = build(compression);
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const damaged = Buffer.from(whole);
      damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
      const field = bit >> 3;
      // Base offset and leader epoch are the broker's, outside the checksum; a length that grew looks like a cut-off batch.
      if (field < batchField.length || (field >= 12 && field < batchField.magic)) continue;
      let records = 0;
      try {
        records = readAll(damaged);
      } catch (error) {
        assert.ok(error instanceof DStreamError && /^(CORRUPT_BATCH|NOT_SUPPORTED)$/.test(error.code), String(error));
        continue;
      }
      assert.ok(field < 12 && records === 0, `bit ${bit} went unnoticed`);
    }
  });
}

test("a damaged checksum names the partition, the offset and both values", () => {
  const batch = build();
  batch[70] = 0xee;
  assert.throws(() => readAll(batch), corrupt(/t-3@41: its checksum says [0-9a-f]{8}, its bytes give [0-9a-f]{8}$/));
});

test("batches before a damaged one are given first", () => {
  const damaged = build();
  damaged[80] = 0xee;
  const walk = decodeBatches(Buffer.concat([build(), damaged]), 0, 2 * damaged.length, at);
  assert.equal(walk.next().value?.columns.count, 20);
  assert.throws(() => walk.next(), corrupt(/checksum/));
});

for (const magic of [0, 1]) {
  test(`message format ${magic} is named as not supported`, () => {
    const batch = build();
    batch.writeInt8(magic, batchField.magic);
    assert.throws(() => readAll(batch), {
      code: "NOT_SUPPORTED",
      message: /t-3@41 has the format of Kafka before 0\.11/,
    });
  });
}

const lies: [name: string, field: number, value: number, pattern: RegExp][] = [
  ["more records than there are", batchField.recordCount, 21, /record 20 of 21 is damaged/],
  ["a negative record count", batchField.recordCount, -1, /claims -1 records/],
  ["fewer records than there are", batchField.recordCount, 19, /\d+ bytes follow its last record/],
  ["a negative last offset", batchField.lastOffsetDelta, -1, /last offset delta is -1/],
];
for (const [name, field, value, pattern] of lies) {
  test(`${name} is refused in spite of a right checksum`, () => {
    const batch = build();
    batch.writeInt32BE(value, field);
    stampProducer(batch, producer);
    assert.throws(() => readAll(batch), corrupt(pattern));
  });
}

test("two billion records in a small batch are refused before anything is allocated", () => {
  const batch = build();
  batch.writeInt32BE(0x7fffffff, batchField.recordCount);
  batch.writeInt32BE(0x7ffffffe, batchField.lastOffsetDelta);
  stampProducer(batch, producer);
  const before = process.memoryUsage().arrayBuffers;
  assert.throws(() => readAll(batch), corrupt(/claims 2147483647 records in \d+ bytes/));
  assert.ok(process.memoryUsage().arrayBuffers - before < 1 << 20);
});

test("a length field too small for a batch is refused", () => {
  for (const length of [-1, 0, 4, 5, 48]) {
    const batch = build();
    batch.writeInt32BE(length, batchField.length);
    assert.throws(() => readAll(batch), { code: "CORRUPT_BATCH" }, `length ${length}`);
  }
});

const badRecords: [name: string, bytes: number[]][] = [
  ["a negative record length", [0x0d, 0, 0, 0, 1, 1, 0]],
  ["a record length behind the batch", [0x7e, 0, 0, 0, 1, 1, 0]],
  ["a record length of 2^31", [0xfe, 0xff, 0xff, 0xff, 0x0f, 0, 0, 0, 1, 1, 0]],
  ["a key behind the record", [0x0c, 0, 0, 0, 0x10, 1, 0]],
  ["a value behind the record", [0x0c, 0, 0, 0, 1, 0x7e, 0]],
  ["a value length that never ends", [0x16, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0]],
  ["a header count without headers", [0x0c, 0, 0, 0, 1, 1, 2]],
  ["bytes behind the header count", [0x0e, 0, 0, 0, 1, 1, 0, 9]],
  ["a key length that never ends", [0x16, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0]],
  ["an offset delta that never ends", [0x16, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 1, 0]],
  ["a timestamp that never ends", [0x20, 0, ...new Array(11).fill(0xff), 0, 1, 1, 0]],
];
for (const [name, bytes] of badRecords) {
  test(`${name} is refused`, () => {
    assert.throws(() => readAll(handmade(bytes)), corrupt(/t-3@41: record 0 of 1 is damaged/));
  });
}

test("headers that contradict their record are refused when they are asked for", () => {
  const records = [
    [0x10, 0, 0, 0, 1, 1, 2, 0x20, 0],
    [0x10, 0, 0, 0, 1, 1, 2, 0, 0x20],
    [0x12, 0, 0, 0, 1, 1, 2, 0, 1, 7],
    [0x10, 0, 0, 0, 1, 1, 2, 1, 1],
    [0x18, 0, 0, 0, 1, 1, 2, 0, 0xff, 0xff, 0xff, 0xff, 0xff],
  ];
  for (const record of records) {
    assert.throws(
      () => readAll(handmade(record)),
      corrupt(/t-3@41: header \d of the record at this offset is damaged/),
    );
  }
});

test("random bytes behind a right checksum never give anything but records or CORRUPT_BATCH", () => {
  let seed = 7;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const whole = build();
  for (let round = 0; round < 20_000; round++) {
    const batch = Buffer.from(whole);
    for (let n = 0; n <= random(3); n++)
      batch[batchHeaderBytes + random(batch.length - batchHeaderBytes)] = random(256);
    stampProducer(batch, producer);
    try {
      readAll(batch);
    } catch (error) {
      assert.ok(error instanceof DStreamError && error.code === "CORRUPT_BATCH", String(error));
    }
  }
});
