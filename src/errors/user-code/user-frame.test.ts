import assert from "node:assert/strict";
import { test } from "node:test";
import { userFrame } from "./user-frame.ts";

const stackOf = (...frames: readonly string[]): string =>
  ["Error: why", ...frames.map((at) => `    at ${at}`)].join("\n");
const own = new URL("../../streaming/dstream.ts", import.meta.url).href;

test("the user's frame is the first that is not of the package, of Node or of a dependency", () => {
  const stack = stackOf(
    `DStream.map (${own}:1:2)`,
    "process.processTicksAndRejections (node:internal/process/task_queues:104:5)",
    "node:internal/main/run_main_module:5:1",
    "f (file:///jobs/node_modules/lodash/map.js:3:4)",
    "Object.count (file:///jobs/count.ts:9:32)",
    "file:///jobs/main.ts:1:1",
  );
  assert.equal(userFrame(stack), "/jobs/count.ts:9:32");
});

test("frames are found in each of their forms", () => {
  assert.equal(userFrame(stackOf("file:///jobs/main.ts:1:2")), "/jobs/main.ts:1:2");
  assert.equal(userFrame(stackOf("async file:///jobs/main.ts:1:2")), "/jobs/main.ts:1:2");
  assert.equal(userFrame(stackOf("async main (/my jobs/main.js:1:2)")), "/my jobs/main.js:1:2");
  assert.equal(userFrame(stackOf("new Job (/jobs/main.js:1:2)")), "/jobs/main.js:1:2");
});

test("a stack without a frame of the user's has none", () => {
  const frame = "process.processTicksAndRejections (node:internal/process/task_queues:104:5)";
  assert.equal(userFrame(stackOf(frame, "Promise.all (index 0)", "<anonymous>")), undefined);
  assert.equal(userFrame(undefined), undefined);
});
