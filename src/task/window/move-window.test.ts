import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeRows } from "../../codec/block.ts";
import { MemoryState } from "../../state/memory-state.ts";
import { type MovedWindow, type WindowMove, windowChanges, windowRows } from "./move-window.ts";
import { storedPanes } from "./pane.ts";

// Windows over one bucket, batch by batch.

type Move = (state: MemoryState, move: WindowMove) => MovedWindow;
const rowsOf: Move = (state, move) => windowRows(state.entries(), move);
const changesOf: Move = (state, move) => windowChanges(state.entries(), move);

/** Runs batches at the given times, each with its time as its only row; returns rows and the panes kept, by time. */
function run(
  move: Move,
  durations: { windowMs: number; slideMs: number },
  times: readonly number[],
  row = (t: number): unknown => t,
): unknown[] {
  const state = new MemoryState();
  return times.map((time) => {
    const isDue = time % durations.slideMs === 0;
    const entered = [{ bucket: 0, block: encodeRows([row(time)]) }];
    const { rows, changes } = move(state, { time, isDue, entered, ...durations });
    const shown = [...rows].flatMap((part) => [...part]);
    state.propose("x", changes);
    state.applyProposed();
    return [shown, storedPanes(state.entries()).map((pane) => pane.time)];
  });
}

test("a sliding window keeps the panes that its next batch covers", () => {
  assert.deepEqual(run(rowsOf, { windowMs: 3, slideMs: 1 }, [1, 2, 3, 4]), [
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

test("a tumbling window keeps nothing behind its batch", () => {
  assert.deepEqual(run(rowsOf, { windowMs: 2, slideMs: 2 }, [1, 2, 3, 4]), [
    [[], [1]],
    [[1, 2], []],
    [[], [3]],
    [[3, 4], []],
  ]);
});

test("where batches are missing, a window has what is left in it", () => {
  assert.deepEqual(run(rowsOf, { windowMs: 3, slideMs: 1 }, [1, 2, 4, 9]), [
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

test("changes name each pane once when it enters and once when it leaves", () => {
  assert.deepEqual(run(changesOf, { windowMs: 2, slideMs: 1 }, [1, 2, 3, 4], pair), [
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

test("panes that leave before they were ever counted are not named", () => {
  assert.deepEqual(run(changesOf, { windowMs: 1, slideMs: 3 }, [1, 2, 3, 4, 5, 6], pair), [
    [[], [1]],
    [[], [1, 2]],
    [[entered(3)], [3]],
    [[], [3, 4]],
    [[], [3, 4, 5]],
    [[left(3), entered(6)], [6]],
  ]);
});

test("where batches are missing, everything that was counted leaves all the same", () => {
  assert.deepEqual(run(changesOf, { windowMs: 2, slideMs: 1 }, [1, 2, 7], pair), [
    [[entered(1)], [1]],
    [[entered(2)], [1, 2]],
    [[left(1), left(2), entered(7)], [7]],
  ]);
});
