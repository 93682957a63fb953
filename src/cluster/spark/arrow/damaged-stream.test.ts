import assert from "node:assert/strict";
import { test } from "node:test";
import { Field, Float64, LargeUtf8, RecordBatchStreamWriter, Table, Uint32, vectorFromArray } from "apache-arrow";
import { DStreamError } from "../../../errors/dstream-error.ts";
import { ArrowError } from "./arrow-error.ts";
import { headerTypes } from "./ipc-format.ts";
import { ArrowStreamReader } from "./read/arrow-stream-reader.ts";
import { readArrowBytes } from "./read/read-arrow-bytes.ts";
import { BatchBuilder } from "./write/batch-builder.ts";
import { int32, int64, reference, table, uint8, writeFlatbuffer } from "./write/flat-builder.ts";

function sample(): BatchBuilder {
  const builder = new BatchBuilder(
    [
      { name: "id", type: "int64" },
      { name: "text", type: "utf8" },
    ],
    "flat",
  );
  for (let i = 0; i < 20; i++) builder.append(i, i % 3 === 0 ? null : `row ${i}`);
  return builder;
}

/** Reads everything that a batch offers. */
function readAll(bytes: Uint8Array): void {
  for (const batch of readArrowBytes(bytes)) {
    for (let i = 0; i < Math.min(batch.numRows, 1000); i++) {
      if (!batch.column("id").isNull(i)) batch.column("id").int(i);
      if (!batch.column("text").isNull(i)) batch.column("text").text(i);
    }
  }
}

test("a stream cut anywhere is either read up to there or refused", () => {
  const bytes = sample().takeStream();
  for (let length = 0; length < bytes.length; length++) {
    try {
      readAll(bytes.subarray(0, length));
    } catch (error) {
      assert.ok(error instanceof ArrowError, `${length}: ${error}`);
    }
  }
});

test("a stream with any bit flipped is either read or refused, never more", () => {
  const bytes = sample().takeStream();
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const damaged = Buffer.from(bytes);
    damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
    try {
      readAll(damaged);
    } catch (error) {
      assert.ok(error instanceof ArrowError || error instanceof DStreamError, `${bit}: ${error}`);
    }
  }
});

test("a body whose length lies is waited for, not allocated", async () => {
  const metadata = writeFlatbuffer(table(undefined, uint8(headerTypes.recordBatch), undefined, int64(2 ** 31)));
  const prefix = Buffer.alloc(8, 255);
  prefix.writeInt32LE(metadata.length, 4);
  const asked: number[] = [];
  const source = {
    async read(length: number): Promise<Buffer> {
      asked.push(length);
      if (asked.length === 1) return prefix;
      if (asked.length === 2) return metadata;
      throw new Error("no such body");
    },
  };
  await assert.rejects(new ArrowStreamReader(source).next(), /no such body/);
  assert.deepEqual(asked, [8, metadata.length, 2 ** 31]);
});

test("a body beyond the limit is refused", () => {
  const metadata = writeFlatbuffer(table(undefined, uint8(headerTypes.recordBatch), undefined, int64(2 ** 31 + 8)));
  const prefix = Buffer.alloc(8, 255);
  prefix.writeInt32LE(metadata.length, 4);
  assert.throws(() => readArrowBytes(Buffer.concat([prefix, metadata])), /an Arrow body of 2147483656 bytes/);
});

test("compressed bodies are refused by the option that makes them", () => {
  const builder = sample();
  const batch = table(int64(0), undefined, undefined, reference(table(int32(0))));
  const metadata = writeFlatbuffer(table(undefined, uint8(headerTypes.recordBatch), reference(batch)));
  const prefix = Buffer.alloc(8, 255);
  prefix.writeInt32LE(metadata.length, 4);
  assert.throws(() => readArrowBytes(Buffer.concat([builder.schema(), prefix, metadata])), {
    code: "NOT_SUPPORTED",
    message: /spark\.sql\.execution\.arrow\.compression\.codec/,
  });
});

for (const [type, text] of [
  [new LargeUtf8(), /column c is LargeUtf8, which is not read; set spark\.sql\.execution\.arrow\.useLargeVarTypes/],
  [new Float64(), /column c is FloatingPoint, which is not read$/],
  [new Uint32(), /column c is an unsigned integer of 32 bits/],
] as const) {
  test(`a column of type ${new Field("c", type).type} is refused by name`, () => {
    const stream = RecordBatchStreamWriter.writeAll(new Table({ c: vectorFromArray([], type) }));
    assert.throws(() => readArrowBytes(stream.toUint8Array(true)), { code: "NOT_SUPPORTED", message: text });
  });
}

test("asking for a column that is not there, or as another type, names what is", () => {
  const [batch] = readArrowBytes(sample().takeStream());
  assert.throws(() => batch?.column("value"), /there is no column value among id, text/);
  assert.throws(() => batch?.column("text").int(1), /column text is utf8, not an integer/);
  assert.throws(() => batch?.column("id").bytes(1), /column id is int64, not bytes/);
});
