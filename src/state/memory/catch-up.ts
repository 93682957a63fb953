import type { StateFile, StateFiles } from "../files/state-file.ts";
import type { StateSlice } from "../manifest.ts";
import { loadFile } from "./load-file.ts";
import type { MemoryState } from "./memory-state.ts";

/** Brings a state in memory to the version that a slice names, by the shortest way: what waits in memory, deltas, everything. */
export async function catchUp(state: MemoryState, slice: StateSlice, files: StateFiles): Promise<void> {
  const wanted = versionOf(slice);
  const { proposed } = state;
  if (proposed !== undefined && slice.parts.every(({ chain }) => chain.some(({ id }) => id === proposed))) {
    state.applyProposed();
  }
  state.dropProposed();
  if (state.version === wanted) return;
  const deltas = deltasSince(state.version, slice);
  // Until everything is loaded the state is neither version, and an error must not leave it looking like one.
  state.version = undefined;
  if (deltas !== undefined) {
    for (const delta of deltas) await loadFile(state, delta, slice, files);
  } else {
    state.clear();
    for (const part of slice.parts) for (const file of part.chain) await loadFile(state, file, part, files);
  }
  state.version = wanted;
}

/**
 * Names the content of a slice. An attempt writes its file on top of one version and for the whole slice, so the last file
 * says it all; behind a change of parallelism there may be several, each for its own buckets.
 */
function versionOf({ parts }: StateSlice): string {
  const ends = parts.map(({ from, chain }) => ({ from, id: chain.at(-1)?.id ?? "" }));
  const only = ends[0]?.id ?? "";
  return ends.every(({ id }) => id === only) ? only : ends.map(({ from, id }) => `${from} ${id}`).join(",");
}

/** The deltas that lead from a version to that of a slice; undefined when there is no such way. */
function deltasSince(version: string | undefined, { parts }: StateSlice): readonly StateFile[] | undefined {
  const ways = parts.map(({ chain }) => {
    const at = chain.findIndex(({ id }) => id === version);
    return at === -1 ? undefined : chain.slice(at + 1);
  });
  const [way] = ways;
  if (way?.some(({ kind }) => kind === "snapshot")) return undefined;
  const isShared = ways.every(
    (other) => other?.length === way?.length && other?.every(({ id }, i) => id === way?.[i]?.id),
  );
  return isShared ? way : undefined;
}
