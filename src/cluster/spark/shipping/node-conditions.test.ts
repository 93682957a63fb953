import assert from "node:assert/strict";
import { test } from "node:test";
import { nodeConditions } from "./node-conditions.ts";

test("conditions are found in each of the forms that Node takes", () => {
  const args = ["--test", "--conditions=one", "-C", "two", "--conditions", "three", "-C=four"];
  assert.deepEqual(nodeConditions(args), ["one", "two", "three", "four"]);
});

test("a process's own conditions are those of its command line", () => {
  assert.deepEqual(nodeConditions(), ["development"]);
});
