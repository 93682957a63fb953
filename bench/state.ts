// Keyed state: updates a second of updateStateByKey's own part (function, comparison, files), every key in every batch, in memory
// only, in memory with files, and on disk. state.ts [KEYS (50,000)] [FOLDER (a temporary one)]. Prints one line of JSON.

import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KeyMap } from "../src/keys/key-map.ts";
import { thisMachine } from "../src/runtime/machine/machine.ts";
import { acceptFiles, emptyManifest, type Manifest, sliceOf } from "../src/state/manifest.ts";
import { openStateStore, type StatePlace } from "../src/state/open-state-store.ts";
import type { Combined } from "../src/task/sinks/keyed/keyed-accumulator.ts";
import { updateState } from "../src/task/state/update-state.ts";

const numKeys = Number(process.argv[2] ?? 50_000);
const [warmUp, measured] = [20, 60];

const batch = new KeyMap<Combined>();
for (let i = 0; i < numKeys; i++) batch.set({ key: `word-${i}`, value: [1] });
const sum = (values: readonly number[], total = 0): number => values.reduce((a, b) => a + b, total);

/** Milliseconds of the median batch. */
async function millisecondsPerBatch(place: StatePlace): Promise<number> {
  const store = openStateStore(place, thisMachine);
  let manifest: Manifest = emptyManifest;
  const times: number[] = [];
  for (let time = 1; time <= warmUp + measured; time++) {
    const startedAt = performance.now();
    const state = await store.open(sliceOf(manifest, "sum", 64, 0, 64), time);
    const pieces = updateState(sum, batch, { committed: state, initial: undefined }, time);
    let piece = await pieces.next();
    while (piece.done !== true) piece = await pieces.next();
    manifest = acceptFiles(manifest, await state.propose(time, piece.value));
    if (time > warmUp) times.push(performance.now() - startedAt);
  }
  return times.toSorted((a, b) => a - b)[measured >> 1] as number;
}

const directory = process.argv[3] ?? mkdtempSync(join(tmpdir(), "dstream-"));
mkdirSync(join(directory, "disk"));
const memory = await millisecondsPerBatch({ store: "memory", directory: undefined });
const files = await millisecondsPerBatch({ store: "memory", directory });
const disk = await millisecondsPerBatch({ store: "disk", directory: join(directory, "disk") });
if (process.argv[3] === undefined) rmSync(directory, { recursive: true });
const perSecond = (ms: number): number => Math.round((numKeys / ms) * 1_000);
console.log(
  JSON.stringify({
    numKeys,
    memoryUpdates: perSecond(memory),
    fileUpdates: perSecond(files),
    diskUpdates: perSecond(disk),
  }),
);
