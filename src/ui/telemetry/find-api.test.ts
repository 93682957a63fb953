import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { temporaryDirectory } from "../../../test/support/temporary-directory.ts";
import { findApi } from "./find-api.ts";

const key = Symbol.for("opentelemetry.js.api.1");
const shared = globalThis as { [key]?: object };

/** What a copy of the version `version` has registered; the copy here, 1.10.0, sees nothing of another one. */
function register(t: TestContext, version: string): { readonly metrics: object } {
  const registered = { version, metrics: { getMeter: () => ({}) } };
  shared[key] = registered;
  t.after(() => {
    delete shared[key];
  });
  return registered;
}

/** The path of a job's file beside which there is a copy of the API that has this source. */
function jobBeside(t: TestContext, source: string): string {
  const folder = temporaryDirectory(t);
  const copy = join(folder, "node_modules/@opentelemetry/api");
  mkdirSync(copy, { recursive: true });
  writeFileSync(join(copy, "index.js"), source);
  return join(folder, "job.ts");
}

const seeing = `const shared = globalThis[Symbol.for("opentelemetry.js.api.1")];
  module.exports = { name: "the program's", metrics: { getMeterProvider: () => shared.metrics }, trace: { getTracerProvider: () => ({}) } };`;
const blind = `module.exports = { name: "another", metrics: { getMeterProvider: () => ({}) }, trace: { getTracerProvider: () => ({}) } };`;
const older = "module.exports = { trace: { getTracerProvider: () => ({}) } };";

test("the copy counts that sees what is registered: the program's, not one that is newer than the SDK's", (t) => {
  register(t, "1.9.1");
  const files = [jobBeside(t, blind), jobBeside(t, seeing)];
  assert.equal((findApi(files) as unknown as { name: string }).name, "the program's");
});

test("a copy before 1.3, which has no metrics, and files that find none are passed over", (t) => {
  const { metrics } = register(t, "1.10.0");
  const files = [jobBeside(t, older), join(temporaryDirectory(t), "job.ts")];
  assert.equal(findApi(files).metrics.getMeterProvider(), metrics);
});

test("where no copy sees it, the error says what to install, and where it was looked for", (t) => {
  register(t, "1.9.1");
  const file = jobBeside(t, blind);
  assert.throws(() => findApi([file]), {
    message: `an SDK is registered, and the copy of @opentelemetry/api (1.3 or later) that it was registered with is not found from ${file}; install that version beside the job's file`,
  });
});
