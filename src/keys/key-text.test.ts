import assert from "node:assert/strict";
import { test } from "node:test";
import { hashKey } from "./hash-key.ts";
import { keyText } from "./key-text.ts";

test("a key is named by its hash and kind, and by nothing of what it says", () => {
  const hash = hashKey("alice").toString(16).padStart(8, "0");
  assert.equal(keyText("alice"), `the key with hash ${hash} (string)`);
  const keys = [1, 1n, true, null, new Date(0), ["alice"], { name: "alice" }, Buffer.from("alice")];
  assert.deepEqual(
    keys.map((key) => /^the key with hash [0-9a-f]{8} \((\w+)\)$/.exec(keyText(key))?.[1]),
    ["number", "bigint", "boolean", "null", "date", "array", "object", "bytes"],
  );
});

test("what cannot be a key is named all the same", () => {
  assert.equal(
    keyText(() => {}),
    "the key with hash none (function)",
  );
});
