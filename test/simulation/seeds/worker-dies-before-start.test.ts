import assert from "node:assert/strict";
import { test } from "node:test";
import { runAlone } from "../run-alone.ts";
import { plainSpec } from "./plain-spec.ts";

test("a worker thread that dies while it loads the job's file is WORKER_DIED, and the job starts again", async () => {
  const { finding, lines } = await runAlone(
    { ...plainSpec, threads: 2, faults: [{ atMs: 520, inBatch: undefined, kind: "kill worker" }] },
    true,
  );
  assert.equal(finding, undefined);
  const told = lines.map((line) => line.replace(/^ *[\d.]+ s {2}/, ""));
  assert.ok(told.includes("driver/1: ends with WORKER_DIED"), told.slice(0, 20).join("\n"));
});
