import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { nodeConditions } from "./node-conditions.ts";

test("conditions are found in each of the forms that Node takes", () => {
  const args = ["--test", "--conditions=one", "-C", "two", "--conditions", "three", "-C=four"];
  assert.deepEqual(nodeConditions(args), ["one", "two", "three", "four"]);
});

test("a process's own conditions are those of its command line and of NODE_OPTIONS", () => {
  const url = new URL("node-conditions.ts", import.meta.url).href;
  const program = `import { nodeConditions } from ${JSON.stringify(url)}; console.log(...nodeConditions());`;
  const args = ["--conditions=development", "--input-type=module", "--eval", program];
  const env = { ...process.env, NODE_OPTIONS: "-C browser" };
  assert.equal(execFileSync(process.execPath, args, { env, encoding: "utf8" }), "browser development\n");
});
