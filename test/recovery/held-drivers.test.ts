import assert from "node:assert/strict";
import { test } from "node:test";
import type { BatchLog } from "../../src/driver/checkpoint/batch-log.ts";
import type { CheckpointState } from "../../src/driver/checkpoint/checkpoint-state.ts";
import { Journal } from "../../src/driver/checkpoint/journal.ts";
import { readCheckpoint } from "../../src/driver/checkpoint/open-checkpoint.ts";
import { setAside } from "../../src/driver/checkpoint/set-aside.ts";
import type { FileSystem } from "../../src/runtime/files/file-system.ts";
import {
  begunCheckpoint,
  codeOf,
  committedIn,
  directory,
  live,
  openLog,
  runBatches,
} from "../support/checkpoint-lives.ts";
import { HeldFileSystem } from "../support/held-file-system.ts";
import { machineWith } from "../support/machine-with.ts";
import type { MemoryFileSystem } from "../support/memory-file-system.ts";

// A driver stands still at a step, another takes over, and then the first one goes on: at each operation on the folder's files, before
// it and behind it. Whatever the step, the first one ends with CHECKPOINT_LOCKED, and everything of the other one is there.

interface Replaced {
  readonly code: string;
  /** What the other one found committed. */
  readonly found: number;
  readonly where: string;
}

/** Holds the run of a first driver at each of its steps in turn, until it has no more. Returns how many there were. */
async function atEachStep(
  first: (fs: FileSystem) => Promise<unknown>,
  replace: (fs: MemoryFileSystem) => Promise<BatchLog>,
  check: (replaced: Replaced) => void,
): Promise<number> {
  for (let at = 1; ; at++) {
    const fs = await begunCheckpoint();
    let [where, found] = ["", 0];
    let after: BatchLog | undefined;
    const held = new HeldFileSystem(fs, async (step, name, path) => {
      if (step !== at) return;
      where = `${step}: ${name} ${path}`;
      // As another host does that has seen no sign of life.
      await fs.remove(`${directory}/lock`);
      after = await replace(fs);
      found = after.state.committed ?? 0;
      await runBatches(fs, after, 3);
    });
    const code = await codeOf(first(held));
    if (after === undefined) return at - 1;
    check({ code, found, where });
    assert.equal(await committedIn(fs, where), found + 3, where);
    await runBatches(fs, after, 1);
    assert.equal(await committedIn(fs, where), found + 4, where);
    await after.close();
  }
}

test("a driver that is replaced at any step of its start or of its first batches ends with CHECKPOINT_LOCKED, and takes nothing away", async () => {
  const steps = await atEachStep(
    (fs) => live(fs, 3),
    openLog,
    ({ code, found, where }) => {
      // Where it goes on, the other one has read all that it has committed.
      assert.ok(code === "CHECKPOINT_LOCKED" || (code === "went on" && found === 6), `${where}: ${code}, ${found}`);
    },
  );
  assert.ok(steps > 100, `${steps} steps`);
});

test("a driver that is replaced at any step while it writes its journal anew or gives its lock back takes nothing away", async () => {
  const first = async (fs: FileSystem): Promise<void> => {
    const log = await openLog(fs);
    try {
      await log.replaceManifest(log.state.manifest);
    } catch (error) {
      throw await log.explain(error);
    } finally {
      await log.close();
    }
  };
  const steps = await atEachStep(first, openLog, ({ code, where }) => {
    assert.ok(["CHECKPOINT_LOCKED", "went on"].includes(code), `${where}: ${code}`);
  });
  assert.ok(steps > 60, `${steps} steps`);
});

test("who sets a damaged checkpoint aside and is replaced meanwhile leaves what the other one has begun", async () => {
  const steps = await atEachStep(
    (fs) => setAside(directory, machineWith(fs)),
    async (fs) => {
      await setAside(directory, machineWith(fs));
      return openLog(fs);
    },
    ({ code, where }) => assert.ok(["CHECKPOINT_LOCKED", "went on"].includes(code), `${where}: ${code}`),
  );
  assert.ok(steps > 30, `${steps} steps`);
});

test("a driver that comes too late for its generation replaces nothing, and goes on behind what has it", async () => {
  const fs = await begunCheckpoint();
  const state = (await readCheckpoint(directory, fs)) as CheckpointState;
  const held = new HeldFileSystem(fs, async (_step, name, path) => {
    if (name !== "before link" || !path.endsWith("/journal.2")) return;
    const other = { type: "checkpoint", state: { ...state, committed: 4, numBatches: 4 } };
    await (await Journal.begin(directory, machineWith(fs), 2, other)).close();
  });
  const log = await openLog(held);
  assert.deepEqual([log.state.committed, log.state.numBatches], [4, 4]);
  await log.close();
  assert.deepEqual(
    fs.paths.filter((path) => path.includes("journal")),
    [`${directory}/journal.3`],
  );
});
