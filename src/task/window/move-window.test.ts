import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeRows } from "../../codec/block.ts";
import { MemoryState } from "../../state/memory/memory-state.ts";
import { type MovedWindow, type WindowMove, windowChanges, windowRows } from "./move-window.ts";
import { type StoredWindow, storedWindow } from "./pane.ts";

// Windows over one bucket, batch by batch.

type Move = (committed: StoredWindow, move: WindowMove) => MovedWindow;

/** The window that a state in memory has. */
async function windowOf(state: MemoryState): Promise<StoredWindow> {
  async function* entries() {
    yield state.entries();
  }
  return storedWindow(entries());
}

/** Runs batches at the given times, each with its time as its only row; returns rows and the panes kept, by time. */
async function run(
  move: Move,
  durations: { windowMs: number; slideMs: number },
  times: readonly number[],
  row = (t: number): unknown => t,
): Promise<unknown[]> {
  const state = new MemoryState();
  const shown: unknown[] = [];
  for (const time of times) {
    const isDue = time % durations.slideMs === 0;
    const entered = [{ bucket: 0, block: encodeRows([row(time)]) }];
    const { rows, changes } = move(await windowOf(state), { time, isDue, entered, ...durations });
    const moved = [...rows].flatMap((part) => [...part]);
    state.propose("x", changes);
    state.applyProposed();
    shown.push([moved, (await windowOf(state)).panes.map((pane) => pane.time)]);
  }
  return shown;
}

test("a sliding window keeps the panes that its next batch covers", async () => {
  assert.deepEqual(await run(windowRows, { windowMs: 3, slideMs: 1 }, [1, 2, 3, 4]), [
    [[1], [1]],
    [
      [1, 2],
      [1, 2],
    ],
    [
      [1, 2, 3],
      [2, 3],
    ],
    [
      [2, 3, 4],
      [3, 4],
    ],
  ]);
});

test("a tumbling window keeps nothing behind its batch", async () => {
  assert.deepEqual(await run(windowRows, { windowMs: 2, slideMs: 2 }, [1, 2, 3, 4]), [
    [[], [1]],
    [[1, 2], []],
    [[], [3]],
    [[3, 4], []],
  ]);
});

test("where batches are missing, a window has what is left in it", async () => {
  assert.deepEqual(await run(windowRows, { windowMs: 3, slideMs: 1 }, [1, 2, 4, 9]), [
    [[1], [1]],
    [
      [1, 2],
      [1, 2],
    ],
    [[2, 4], [4]],
    [[9], [9]],
  ]);
});

const pair = (time: number): unknown => ["k", time];
const entered = (time: number): unknown => ["k", [true, time]];
const left = (time: number): unknown => ["k", [false, time]];

test("changes name each pane once when it enters and once when it leaves", async () => {
  assert.deepEqual(await run(windowChanges, { windowMs: 2, slideMs: 1 }, [1, 2, 3, 4], pair), [
    [[entered(1)], [1]],
    [[entered(2)], [1, 2]],
    [
      [left(1), entered(3)],
      [2, 3],
    ],
    [
      [left(2), entered(4)],
      [3, 4],
    ],
  ]);
});

test("panes that leave before they were ever counted are not named", async () => {
  assert.deepEqual(await run(windowChanges, { windowMs: 1, slideMs: 3 }, [1, 2, 3, 4, 5, 6], pair), [
    [[], [1]],
    [[], [1, 2]],
    [[entered(3)], [3]],
    [[], [3, 4]],
    [[], [3, 4, 5]],
    [[left(3), entered(6)], [6]],
  ]);
});

test("where batches are missing, everything that was counted leaves all the same", async () => {
  assert.deepEqual(await run(windowChanges, { windowMs: 2, slideMs: 1 }, [1, 2, 7], pair), [
    [[entered(1)], [1]],
    [[entered(2)], [1, 2]],
    [[left(1), left(2), entered(7)], [7]],
  ]);
});
