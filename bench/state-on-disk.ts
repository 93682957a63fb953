// A whole job with many keys on `local`, as a process of its own: updates a second while keys come for the first time and while they
// change, the most memory that the process had, and how long it takes from the start of the next process to the next committed
// batch when it is killed. state-on-disk.ts [KEYS (10,000,000)] [disk|memory]. Prints JSON.
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { ManyKeys, type ManyKeysRun } from "./many-keys/many-keys.ts";
import type { KeyRange } from "./many-keys/spec.ts";

const numKeys = Number(process.argv[2] ?? 10_000_000);
const stateStore = process.argv[3] === "memory" ? "memory" : "disk";
const perBatch = 100_000;
const [numUpdates, numKills] = [20, 5];
// Steps that share no divisor with the number of keys, so that each range has different ones.
const [firstStep, updateStep] = [7_919, 104_729];

const range = (first: number, step: number): KeyRange => ({ first, count: perBatch, step, of: numKeys });
const numLoads = Math.ceil(numKeys / perBatch);
const loads = Array.from({ length: numLoads }, (_, i) => range((i * perBatch * firstStep) % numKeys, firstStep));
const updates = Array.from({ length: numUpdates }, (_, i) => range((i * 7_654_321) % numKeys, updateStep));

/** Keys a second of the batches from `from` to `until`. */
function rate({ reports }: ManyKeysRun, from: number, until: number): number {
  const some = reports.filter(({ keys }) => keys > 0).slice(from, until);
  const took = some.reduce((sum, report) => sum + report.took, 0);
  return Math.round((some.reduce((sum, { keys }) => sum + keys, 0) / took) * 1_000);
}

const folder = mkdtempSync(join(tmpdir(), "dstream-"));
const many = await ManyKeys.start(join(folder, "checkpoint"));
await many.feed([...loads, ...updates]);
const first = many.run(stateStore);
await first.counted((numLoads + numUpdates) * perBatch);
const slowest = Math.max(...first.reports.map(({ took }) => took));
let maxRssMb = first.reports.at(-1)?.maxRssMb ?? 0;
const recoveriesMs: number[] = [];
let run = first;
for (let kill = 1; kill <= numKills; kill++) {
  await run.kill();
  await many.feed([range(kill * 1_234_567, updateStep)]);
  run = many.run(stateStore);
  await run.counted(perBatch);
  recoveriesMs.push(Math.round(run.firstBatchMs ?? Number.NaN));
  maxRssMb = Math.max(maxRssMb, run.reports.at(-1)?.maxRssMb ?? 0);
}
await run.kill();
const { keys, counted, bytes } = stateStore === "disk" ? await many.totals() : { keys: 0, counted: 0, bytes: 0 };
await many.stop();
rmSync(folder, { recursive: true });
const expected = (numLoads + numUpdates + numKills) * perBatch;
if (stateStore === "disk" && (keys !== numKeys || counted !== expected)) {
  throw new Error(`${keys} keys with ${counted} counts in the checkpoint, not ${numKeys} with ${expected}`);
}
const result = {
  command: `bench/state-on-disk.ts ${numKeys} ${stateStore}`,
  cpu: `${cpus().length} × ${cpus()[0]?.model}`,
  node: process.version,
  stateMb: Math.round(bytes / 2 ** 20),
  newKeysPerSecond: rate(first, 0, numLoads),
  updatesPerSecond: rate(first, numLoads, numLoads + numUpdates),
  slowestBatchMs: slowest,
  maxRssMb,
  recoveriesMs,
  recoveryMedianMs: recoveriesMs.toSorted((a, b) => a - b)[numKills >> 1],
};
console.log(JSON.stringify(result, undefined, 2));
