import assert from "node:assert/strict";
import { test } from "node:test";
import { hashKeyOf, isWithin } from "./hash-keys.ts";

test("a partition key's hash key is its MD5 as a number", () => {
  // RFC 1321, A.5
  assert.equal(hashKeyOf("abc"), 0x900150983cd24fb0d6963f7d28e17f72n);
});

test("both ends of a range of hash keys belong to it", () => {
  const range = { first: 5n, last: 7n };
  assert.deepEqual(
    [4n, 5n, 7n, 8n].map((key) => isWithin(range, key)),
    [false, true, true, false],
  );
});
