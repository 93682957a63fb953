import assert from "node:assert/strict";
import { test } from "node:test";
import { type CompressionName, codecs } from "../compression/codec.ts";
import { BatchBuilder, type Bytes, type FinishOptions, type HeadersToWrite, stampProducer } from "./batch-builder.ts";
import { nextOffset } from "./batch-header.ts";
import { BatchReader, decodeBatches } from "./batch-reader.ts";
import { buildControlBatch, controlType } from "./control-batch.ts";
import { decodeHeaders } from "./record-headers.ts";

const at = { topic: "t", partition: 3 };
const plain: FinishOptions = { producerId: -1, producerEpoch: -1, baseSequence: -1 };
const codecNames = Object.keys(codecs) as CompressionName[];

interface Sample {
  readonly key: Bytes | null;
  readonly value: Bytes | null;
  readonly timestamp: number;
  readonly headers?: HeadersToWrite;
}

function build(samples: readonly Sample[], options: FinishOptions = plain): Buffer {
  const builder = new BatchBuilder(16 * 1024 * 1024);
  for (const { key, value, timestamp, headers } of samples) {
    assert.ok(builder.tryAppend(key, value, timestamp, headers));
  }
  return builder.finish(options);
}

const bytesOf = (content: Bytes | null): Buffer | null => (content === null ? null : Buffer.from(content as string));

function read(bytes: Buffer): Sample[] {
  const samples: Sample[] = [];
  for (const { header, columns } of decodeBatches(bytes, 0, bytes.length, at)) {
    for (let i = 0; i < columns.count; i++) {
      samples.push({
        key: columns.key(i),
        value: columns.value(i),
        timestamp: header.baseTimestamp + (columns.timestampDelta[i] as number),
        headers: decodeHeaders(columns, i, { ...at, offset: header.baseOffset }),
      });
    }
  }
  return samples;
}

function expected(samples: readonly Sample[]): Sample[] {
  return samples.map(({ key, value, timestamp, headers = [] }) => ({
    key: bytesOf(key),
    value: bytesOf(value),
    timestamp,
    headers: headers.map(([name, content]) => [name, bytesOf(content)] as const),
  }));
}

// Written by hand after the format's description: offset 7, leader epoch 5, one record with key "k", value "v" and a header
// "h" without a value; the checksum was computed bit by bit, apart from this code.
const golden = Buffer.from(
  [
    "0000000000000007 0000003d 00000005 02 ecc46c11 0000 00000000",
    "0000018bcfe56800 0000018bcfe56800 ffffffffffffffff ffff ffffffff 00000001",
    "16 00 00 00 02 6b 02 76 02 02 68 01",
  ]
    .join("")
    .replaceAll(" ", ""),
  "hex",
);

test("a batch written by hand is read field by field, and written again byte by byte", () => {
  const written = build([{ key: "k", value: "v", timestamp: 1_700_000_000_000, headers: [["h", null]] }]);
  written.writeBigInt64BE(7n, 0);
  written.writeInt32BE(5, 12);
  assert.equal(written.toString("hex"), golden.toString("hex"));
  const [batch] = [...decodeBatches(golden, 0, golden.length, at)];
  assert.ok(batch);
  const { start, end, ...header } = batch.header;
  assert.deepEqual([start, end], [0, golden.length]);
  assert.deepEqual(header, {
    baseOffset: 7,
    partitionLeaderEpoch: 5,
    crc: 0xecc46c11,
    attributes: 0,
    codec: 0,
    timestampType: "create",
    isTransactional: false,
    isControl: false,
    lastOffsetDelta: 0,
    baseTimestamp: 1_700_000_000_000,
    maxTimestamp: 1_700_000_000_000,
    producerId: -1,
    producerEpoch: -1,
    baseSequence: -1,
    recordCount: 1,
  });
  assert.equal(nextOffset(batch.header), 8);
  assert.deepEqual(decodeHeaders(batch.columns, 0, { ...at, offset: 7 }), [["h", null]]);
});

const mixed: Sample[] = [
  { key: null, value: null, timestamp: 1000 },
  { key: "", value: "", timestamp: 999 },
  { key: "ключ", value: "значение 🙂 and \ud800", timestamp: -1 },
  { key: Buffer.alloc(64, 1), value: "x".repeat(200_000), timestamp: 2 ** 40 },
  { key: "a key of more than twenty-four characters", value: Buffer.from([0, 255]), timestamp: 0 },
  {
    key: "h",
    value: null,
    timestamp: 1000,
    headers: [
      ["", ""],
      ["é", Buffer.from([1])],
      ["null", null],
      ["null", "again"],
    ],
  },
];

for (const compression of codecNames) {
  test(`nulls, text, bytes, headers and times before the first survive ${compression}`, () => {
    assert.deepEqual(read(build(mixed, { ...plain, compression })), expected(mixed));
  });
}

test("random batches of every codec round trip, several in a row", () => {
  let seed = 42;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const content = (): Bytes | null =>
    [null, "é".repeat(random(70)), "a".repeat(random(300)), Buffer.alloc(random(5000), random(256))][random(4)] ?? null;
  for (let round = 0; round < 40; round++) {
    const batches = Array.from({ length: 1 + random(3) }, () =>
      Array.from({ length: 1 + random(200) }, (): Sample => {
        const headers = Array.from({ length: random(3) }, (_, i) => [`h${i}`, content()] as const);
        return { key: content(), value: content(), timestamp: 1_000_000 + random(2 ** 31), headers };
      }),
    );
    const compression = codecNames[round % codecNames.length] as CompressionName;
    const bytes = Buffer.concat(batches.map((samples) => build(samples, { ...plain, compression })));
    assert.deepEqual(read(bytes), expected(batches.flat()));
  }
});

test("a batch never passes its limit, and its size is known exactly", () => {
  for (const limit of [200, 333, 1000, 20_000]) {
    const builder = new BatchBuilder(limit);
    let previous = builder.bytes;
    while (builder.tryAppend("key", "v".repeat(builder.recordCount % 90), 5 - builder.recordCount))
      previous = builder.bytes;
    assert.ok(previous <= limit && builder.recordCount > 0);
    assert.equal(builder.finish(plain).length, previous);
  }
  assert.equal(new BatchBuilder(200).tryAppend(null, "v".repeat(200), 0), false);
});

test("stamping another producer changes only its fields and keeps the checksum right", () => {
  const batch = build(mixed, { producerId: 5, producerEpoch: 1, baseSequence: 9, isTransactional: true });
  stampProducer(batch, { producerId: 4_000_000_000_000, producerEpoch: 2, baseSequence: 0 });
  const [decoded] = [...decodeBatches(batch, 0, batch.length, at)];
  assert.equal(decoded?.header.producerId, 4_000_000_000_000);
  assert.equal(decoded?.header.producerEpoch, 2);
  assert.equal(decoded?.header.baseSequence, 0);
  assert.equal(decoded?.header.isTransactional, true);
});

test("a batch that the broker cut off ends the walk, wherever the cut is", () => {
  const first = build([{ key: "a", value: "1", timestamp: 0 }]);
  const both = Buffer.concat([first, build([{ key: "b", value: "2", timestamp: 0 }])]);
  for (let end = first.length; end < both.length; end++) {
    assert.equal([...decodeBatches(both, 0, end, at)].length, 1, `cut at ${end}`);
  }
});

for (const type of ["abort", "commit"] as const) {
  test(`a control batch says ${type}`, () => {
    const batch = buildControlBatch({ type, producerId: 77, producerEpoch: 3, timestamp: 123 });
    const [decoded] = [...decodeBatches(batch, 0, batch.length, at)];
    assert.ok(decoded?.header.isControl && decoded.header.isTransactional);
    assert.equal(decoded.header.producerId, 77);
    assert.equal(decoded.header.producerEpoch, 3);
    assert.equal(new BatchReader(at).controlType(batch, decoded.header), controlType[type]);
    assert.deepEqual(decoded.columns.value(0), Buffer.alloc(6));
  });
}
