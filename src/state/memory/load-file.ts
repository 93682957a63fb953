import type { StateFile, StateFiles } from "../files/state-file.ts";
import type { StoredValue } from "../stored-value.ts";

/** What entries are loaded into. */
export interface LoadedState {
  set(key: unknown, stored: StoredValue, bucket: number): void;
  delete(key: unknown, bucket: number): void;
}

/** Applies what a file says of the buckets from `from` to `until`, in the order of its entries. @throws CHECKPOINT_CORRUPT */
export async function loadFile(
  state: LoadedState,
  file: StateFile,
  { from, until }: { readonly from: number; readonly until: number },
  files: StateFiles,
): Promise<void> {
  const keys: unknown[] = [];
  const values: StoredValue[] = [];
  const buckets: number[] = [];
  const ranks: number[] = [];
  for await (const section of files.read(file, from, until)) {
    for (const key of section.removed) state.delete(key, section.bucket);
    for (let i = 0; i < section.keys.length; i++) {
      keys.push(section.keys[i]);
      values.push(section.values[i]);
      ranks.push(section.ranks[i] as number);
      buckets.push(section.bucket);
    }
  }
  for (const i of inOrder(ranks)) state.set(keys[i], values[i], buckets[i] as number);
}

/** Positions of ranks from the lowest to the highest. Ranks of one file are different small integers. */
function* inOrder(ranks: readonly number[]): Generator<number> {
  const positions = new Int32Array(ranks.reduce((highest, rank) => Math.max(highest, rank + 1), 0)).fill(-1);
  for (let i = 0; i < ranks.length; i++) positions[ranks[i] as number] = i;
  for (const position of positions) if (position >= 0) yield position;
}
