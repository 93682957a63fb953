import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { ProtocolError } from "./protocol-error.ts";

function written(flexible: boolean, write: (writer: ByteWriter) => void): Buffer {
  const writer = new ByteWriter({ flexible });
  write(writer);
  return Buffer.concat(writer.parts());
}

for (const flexible of [false, true]) {
  test(`${flexible ? "flexible" : "classic"} values read back as they were written`, () => {
    const id = "00112233445566778899aabbccddeeff";
    const buffer = written(flexible, (writer) => {
      writer
        .int8(-1)
        .boolean(true)
        .int16(-300)
        .int32(-70_000)
        .uint32(4_000_000_000)
        .int64(-(2 ** 52))
        .uuid(id);
      writer.string("größer").string(null).bytes(Buffer.from("ab")).bytes(null).float64(1.5);
      writer
        .array([1, 2, 3], (value) => writer.int32(value))
        .array(null, () => {})
        .tags();
      writer
        .string("y".repeat(5000))
        .byteParts([Buffer.alloc(5000, 1), Buffer.alloc(3, 2)])
        .unsignedVarint(2 ** 32 - 1);
    });
    const reader = new ByteReader(buffer, { flexible });
    assert.deepEqual(
      [reader.int8(), reader.boolean(), reader.int16(), reader.int32(), reader.uint32(), reader.int64(), reader.uuid()],
      [-1, true, -300, -70_000, 4_000_000_000, -(2 ** 52), id],
    );
    assert.deepEqual([reader.string(), reader.nullableString()], ["größer", null]);
    assert.deepEqual([reader.bytes().toString(), reader.nullableBytes(), reader.float64()], ["ab", null, 1.5]);
    assert.deepEqual(
      reader.array((r) => r.int32()),
      [1, 2, 3],
    );
    assert.equal(
      reader.nullableArray((r) => r.int32()),
      null,
    );
    reader.tags();
    assert.equal(reader.string().length, 5000);
    assert.deepEqual(reader.bytes(), Buffer.concat([Buffer.alloc(5000, 1), Buffer.alloc(3, 2)]));
    assert.equal(reader.unsignedVarint(), 2 ** 32 - 1);
    assert.equal(reader.remaining, 0);
  });
}

test("a length beyond the bytes that are left is refused before anything is allocated", () => {
  const huge = written(false, (writer) => writer.int32(2_000_000_000));
  assert.throws(() => new ByteReader(huge).bytes(), ProtocolError);
  assert.throws(() => new ByteReader(huge).array((r) => r.int8()), /2000000000 elements/);
  assert.throws(() => new ByteReader(Buffer.from([0x7f, 0xff])).string(), ProtocolError);
  assert.throws(() => new ByteReader(Buffer.from([0, 0, 0])).int32(), /4 bytes wanted at byte 0, but 3 are left/);
});

test("a varint that never ends, an unsafe integer and a null where none is allowed are refused", () => {
  assert.throws(() => new ByteReader(Buffer.alloc(9, 0xff)).unsignedVarint(), /longer than 32 bits/);
  assert.throws(() => new ByteReader(Buffer.from("7fffffffffffffff", "hex")).int64(), /safe integers/);
  assert.equal(new ByteReader(Buffer.from("7fffffffffffffff", "hex")).bigint64(), 2n ** 63n - 1n);
  assert.throws(() => new ByteReader(Buffer.from([0xff, 0xff])).string(), /null string/);
});

test("tagged fields that are not known are skipped", () => {
  const reader = new ByteReader(Buffer.from([2, 0, 1, 0xaa, 5, 2, 0xbb, 0xcc, 7]), { flexible: true });
  reader.tags();
  assert.equal(reader.int8(), 7);
});
