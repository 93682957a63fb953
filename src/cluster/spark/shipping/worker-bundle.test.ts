import assert from "node:assert/strict";
import { test } from "node:test";
import { bundleWorker } from "./worker-bundle.ts";

test("the worker's program has what runs tasks, and nothing of what drives a job: no client of Spark, no bundler", async () => {
  const program = Buffer.from(await bundleWorker());
  const text = program.toString();
  // Names of functions and texts of errors, which bundling keeps.
  assert.match(text, /async function runTask\(/);
  for (const part of [/async function makeDriver\(/, /SparkCluster/, /createGrpcTransport/, /fileDesc/, /esbuild"/]) {
    assert.doesNotMatch(text, part);
  }
  assert.ok(program.length <= 1_100_000, `${program.length} bytes`);
});
