import { rmSync } from "node:fs";
import { runBatches } from "dstream/testing";
import { checkpointFormat } from "../../src/driver/checkpoint/checkpoint-state.ts";
import { before, keptJob } from "./kept-job.ts";

// Makes the checkpoint of the present format that the tests keep: once, before the format is released.
// node --conditions=development test/checkpoints/make.ts

const checkpointDir = `test/checkpoints/format-${checkpointFormat}`;
rmSync(checkpointDir, { recursive: true, force: true });
await runBatches(keptJob, [before], { checkpointDir });
