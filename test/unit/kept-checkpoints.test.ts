import assert from "node:assert/strict";
import { cpSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runBatches } from "dstream/testing";
import { canonicalText } from "../../src/testing/canonical-text.ts";
import { runTogether } from "../../src/testing/lives/run-together.ts";
import { after, before, keptJob } from "../checkpoints/kept-job.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const inputs = [[...before, ...after]] as const;
const folder = "test/checkpoints";
const formats = readdirSync(folder).filter((name) => name.startsWith("format-"));

test("there are checkpoints of every format, and of the latest with state of each kind", () => {
  assert.deepEqual(formats, ["format-1", "format-2-disk", "format-2-memory"]);
});

for (const format of formats) {
  for (const stateStore of ["memory", "disk"] as const) {
    test(`a job goes on from a kept checkpoint of ${format} as if it had never stopped, with state in ${stateStore}`, async (t) => {
      const checkpointDir = join(temporaryDirectory(t), "checkpoint");
      cpSync(join(folder, format), checkpointDir, { recursive: true });
      const whole = await runBatches(keptJob, [...inputs]);
      const [resumed = []] = await runTogether([{ job: keptJob, inputs, numInputPartitions: 2 }], {
        master: "local",
        batchInterval: 1_000,
        checkpointDir,
        stateStores: [stateStore],
      });
      const text = (batches: readonly (readonly unknown[])[]) =>
        batches.slice(before.length).map((rows) => rows.map(canonicalText).sort());
      assert.deepEqual(text(resumed), text(whole));
      assert.ok((resumed.at(-1)?.length ?? 0) > 20);
    });
  }
}
