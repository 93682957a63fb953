import { sameKeyAs } from "../../keys/same-key.ts";
import type { Entry } from "../entry.ts";
import type { DirectoryFiles } from "../files/directory-files.ts";
import type { StateFile } from "../files/state-file.ts";
import { type OperatorState, type StatePart, type StateSlice, sliceOf } from "../manifest.ts";
import { loadFile } from "../memory/load-file.ts";
import { MemoryState } from "../memory/memory-state.ts";
import { DiskStore } from "../sorted/disk-store.ts";
import type { StoredValue } from "../stored-value.ts";

// What the files of one manifest say of an operator's state, for whoever asks beside the batches: no worker's memory is needed for it,
// nor changed by it, and a manifest is one batch's, whole.

/** Bytes of files that are loaded at once, where a bucket has no more. */
const pieceBytes = 1 << 21;

/**
 * The state of a key, which is in one of the given buckets; undefined where it has none.
 *
 * @throws CHECKPOINT_CORRUPT, CHECKPOINT_UNAVAILABLE
 */
export async function storedStateOf(
  state: OperatorState,
  key: unknown,
  buckets: readonly number[],
  files: DirectoryFiles,
): Promise<StoredValue> {
  for (const bucket of buckets) {
    const slice = sliceIn(state, bucket, bucket + 1);
    const stored = isSorted(slice) ? await foundInPlace(slice, key, files) : await foundInChain(slice, key, files);
    if (stored !== undefined) return stored;
  }
  return undefined;
}

/**
 * All entries, piece by piece, in no particular order. Of an entry the key and the state are to be had until the next piece is asked
 * for. No more is in memory than a piece, or a bucket where that is larger.
 *
 * @throws CHECKPOINT_CORRUPT, CHECKPOINT_UNAVAILABLE
 */
export async function* storedEntries(state: OperatorState, files: DirectoryFiles): AsyncGenerator<Iterable<Entry>> {
  for (const part of state.parts) {
    const slice = sliceIn(state, part.from, part.until);
    if (isSorted(slice)) {
      const store = new DiskStore(files);
      try {
        yield* (await store.open(slice, 0)).entries();
      } finally {
        await store.close();
      }
      continue;
    }
    for (const range of piecesOf(part)) {
      const loaded = new MemoryState();
      for (const file of part.chain) await loadFile(loaded, file, range, files);
      yield loaded.entries();
    }
  }
}

function sliceIn(state: OperatorState, from: number, until: number): StateSlice {
  return sliceOf([state], state.operator, state.buckets, from, until);
}

function isSorted({ parts }: StateSlice): boolean {
  return parts.every(({ chain }) => chain.every(({ layout }) => layout === "sorted"));
}

async function foundInPlace(slice: StateSlice, key: unknown, files: DirectoryFiles): Promise<StoredValue> {
  const store = new DiskStore(files);
  try {
    const opened = await store.open(slice, 0);
    return (await opened.find([key])).get(key)?.stored;
  } finally {
    await store.close();
  }
}

/** The newest file that says something of the key is right. */
async function foundInChain(
  { parts, from, until }: StateSlice,
  key: unknown,
  files: DirectoryFiles,
): Promise<StoredValue> {
  const isKey = sameKeyAs(key);
  for (const file of parts.flatMap(({ chain }) => chain).toReversed()) {
    for await (const { keys, values, removed } of files.read(file, from, until)) {
      // One that went and came back within the file is among both.
      const at = keys.findIndex(isKey);
      if (at >= 0) return values[at];
      if (removed.some(isKey)) return undefined;
    }
  }
  return undefined;
}

/** Ranges of a part's buckets with about `pieceBytes` in their files. */
function* piecesOf({ from, until, chain }: StatePart): Generator<{ readonly from: number; readonly until: number }> {
  const bytesOf = (file: StateFile): number => file.length / (file.until - file.from);
  const bytesPerBucket = chain.reduce((sum, file) => sum + bytesOf(file), 0);
  const step = Math.max(1, Math.floor(pieceBytes / bytesPerBucket));
  for (let at = from; at < until; at += step) yield { from: at, until: Math.min(until, at + step) };
}
