import assert from "node:assert/strict";
import { test } from "node:test";
import { packRecords, sealed } from "../../../test/support/kinesis/pack-records.ts";
import { type UserRecord, userRecordsOf } from "./aggregated-records.ts";

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const record = (partitionKey: string, data: string, explicitHashKey?: string): UserRecord => {
  return { partitionKey, explicitHashKey, data: bytes(data) };
};

test("records that were packed together come out in order, each with its keys and its data", () => {
  const many = Array.from({ length: 300 }, (_, i) => ({ partitionKey: `key ${i % 200}`, data: `${i}` }));
  assert.deepEqual(
    userRecordsOf(packRecords(many)),
    many.map(({ partitionKey, data }) => record(partitionKey, data)),
  );
  const packed = packRecords([
    { partitionKey: "a", data: "1", explicitHashKey: "340282366920938463463374607431768211455" },
    { partitionKey: "é", data: "" },
  ]);
  assert.deepEqual(userRecordsOf(packed), [
    record("a", "1", "340282366920938463463374607431768211455"),
    record("é", ""),
  ]);
  assert.deepEqual(userRecordsOf(packRecords([])), []);
});

test("what only begins like a packet, or was damaged, is a record of its own", () => {
  const packed = packRecords([{ partitionKey: "a", data: "1" }]);
  for (let length = 0; length < packed.length; length++) {
    assert.equal(userRecordsOf(packed.subarray(0, length)), undefined);
  }
  for (let at = 0; at < packed.length; at++) {
    const damaged = Buffer.from(packed);
    damaged[at] = (damaged[at] as number) ^ 1;
    assert.equal(userRecordsOf(damaged), undefined);
  }
  for (const message of ["ffff", "1a020805", "1a0510001000", "0a0161120178" + "1a0608001000" + "1a00", "1aff"]) {
    assert.equal(userRecordsOf(sealed(Buffer.from(message, "hex"))), undefined, message);
  }
});
