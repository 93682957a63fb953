import assert from "node:assert/strict";
import { test } from "node:test";
import { pack, packHead } from "../../../test/support/flume/avro-bytes.ts";
import { DataPackReader, encodeDataPack } from "./data-pack.ts";

const mebibyte = 1024 * 1024;

test("packs come in pieces of any size, several in a piece", () => {
  const bytes = Buffer.concat([
    pack(7, [1, 2, 3], [], [4]),
    pack(-8, [5]),
    encodeDataPack({ serial: 9, bytes: Buffer.from([6]) }),
  ]);
  for (let size = 1; size <= bytes.length; size++) {
    const packs: [number, number[]][] = [];
    let reader = new DataPackReader(100);
    for (let from = 0; from < bytes.length; from += size) {
      let piece = bytes.subarray(from, from + size);
      while (piece.length > 0) {
        piece = piece.subarray(reader.push(piece));
        if (!reader.isWhole) continue;
        packs.push([reader.pack.serial, [...reader.pack.bytes]]);
        reader = new DataPackReader(100);
      }
    }
    assert.equal(reader.isEmpty, true);
    assert.deepEqual(packs, [
      [7, [1, 2, 3, 4]],
      [-8, [5]],
      [9, [6]],
    ]);
  }
});

test("memory follows what has come, not what was announced", () => {
  const reader = new DataPackReader(32 * mebibyte);
  reader.push(packHead(1, 1, 31 * mebibyte));
  assert.equal(reader.capacity, 0);
  reader.push(Buffer.alloc(10_000));
  assert.ok(reader.capacity <= 20_000, `${reader.capacity} bytes`);
  for (let i = 0; i < 31; i++) reader.push(Buffer.alloc(mebibyte - (i === 0 ? 10_000 : 0)));
  assert.deepEqual([reader.isWhole, reader.capacity <= 32 * mebibyte], [true, true]);
});
