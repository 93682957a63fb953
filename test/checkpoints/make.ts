import { rmSync } from "node:fs";
import { checkpointFormat } from "../../src/driver/checkpoint/checkpoint-state.ts";
import { runTogether } from "../../src/testing/lives/run-together.ts";
import { before, keptJob } from "./kept-job.ts";

// Makes the checkpoints of the present format that the tests keep: once, before the format is released.
// node --import=./scripts/from-sources.ts test/checkpoints/make.ts

for (const stateStore of ["memory", "disk"] as const) {
  const checkpointDir = `test/checkpoints/format-${checkpointFormat}-${stateStore}`;
  rmSync(checkpointDir, { recursive: true, force: true });
  await runTogether([{ job: keptJob, inputs: [before], numInputPartitions: 2 }], {
    master: "local",
    batchInterval: 1_000,
    checkpointDir,
    stateStores: [stateStore],
  });
}
