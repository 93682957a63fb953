import { decodeRows } from "../../codec/block.ts";
import type { Change } from "../../state/entry.ts";
import {
  type BucketBlock,
  keyOfLastDue,
  type LastDue,
  newPanes,
  type Pane,
  paneChanges,
  type StoredWindow,
} from "./pane.ts";

export interface WindowMove {
  readonly time: number;
  readonly windowMs: number;
  readonly slideMs: number;
  /** Whether the window has an RDD in this batch. */
  readonly isDue: boolean;
  /** Rows of this batch. */
  readonly entered: readonly BucketBlock[];
}

/** What a window gives in a batch, piece by piece, and how its state changes. */
export interface MovedWindow {
  readonly rows: Iterable<Iterable<unknown>>;
  readonly changes: readonly Change[];
}

/** All rows of the window, batch by batch. Of the panes only those stay that a later window covers. */
export function windowRows(committed: StoredWindow, move: WindowMove): MovedWindow {
  const { time, windowMs, slideMs, isDue, entered } = move;
  const panes = [...committed.panes, ...newPanes(entered, time)];
  const lastUseless = (isDue ? time + slideMs : time) - windowMs;
  const covered = isDue ? panes.filter((pane) => pane.time > time - windowMs) : [];
  return { rows: decoded(covered), changes: paneChanges(panes, (pane) => pane.time > lastUseless) };
}

function* decoded(panes: readonly Pane[]): Generator<unknown[]> {
  for (const { block } of panes) yield decodeRows(block);
}

/**
 * The pairs that entered the window since it had its last RDD, and those that left it, as `[key, [hasEntered, value]]`. When
 * that was is an entry of the state for each bucket with panes, since batches are missing where the job was down.
 */
export function windowChanges(committed: StoredWindow, move: WindowMove): MovedWindow {
  const { time, windowMs, isDue, entered } = move;
  const { lastDue } = committed;
  const panes = [...committed.panes, ...newPanes(entered, time)];
  if (!isDue) return { rows: [], changes: paneChanges(panes, () => true) };
  const isCounted = (pane: Pane): boolean => pane.time <= (lastDue.get(keyOfLastDue(pane.bucket))?.time ?? -1);
  const isCovered = (pane: Pane): boolean => pane.time > time - windowMs;
  return {
    rows: changedPairs(
      panes.filter((pane) => isCounted(pane) !== isCovered(pane)),
      isCovered,
    ),
    changes: [...paneChanges(panes, isCovered), ...dueChanges(lastDue, new Set(panes.filter(isCovered)), time)],
  };
}

function* changedPairs(panes: readonly Pane[], hasEntered: (pane: Pane) => boolean): Generator<unknown[]> {
  for (const pane of panes) {
    const entered = hasEntered(pane);
    const pairs = decodeRows(pane.block) as [unknown, unknown][];
    yield pairs.map(([key, value]) => [key, [entered, value]]);
  }
}

function dueChanges(lastDue: ReadonlyMap<string, LastDue>, kept: ReadonlySet<Pane>, time: number): Change[] {
  const buckets = new Map([...kept].map(({ bucket }) => [keyOfLastDue(bucket), bucket]));
  const set = [...buckets].map(([key, bucket]) => ({ key, bucket, entry: lastDue.get(key)?.entry, stored: time }));
  const gone = [...lastDue.values()].filter(({ key }) => !buckets.has(key));
  const changes = [...set, ...gone.map(({ key, entry }) => ({ key, entry, stored: undefined }))];
  return changes.map((change) => ({ ...change, isNote: true }));
}
