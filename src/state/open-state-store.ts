import { DirectoryFiles, type FilesMachine } from "./files/directory-files.ts";
import { memoryOnlyFiles } from "./memory/memory-only-files.ts";
import { MemoryStore } from "./memory/memory-store.ts";
import { DiskStore } from "./sorted/disk-store.ts";
import type { StateStore } from "./state-store.ts";

/** Where keyed state is while a job runs: in the workers' memory, or in files only. */
export type StateStoreKind = "memory" | "disk";

/** Where a job's workers have its state; plain data that can be sent. */
export interface StatePlace {
  readonly store: StateStoreKind;
  /** Folder for files of state, which every worker must reach; "disk" has one always, without one "memory" is all there is. */
  readonly directory: string | undefined;
}

/** The state store of a worker. */
export function openStateStore({ store, directory }: StatePlace, machine: FilesMachine): StateStore {
  if (directory === undefined) return new MemoryStore(memoryOnlyFiles(machine.random));
  const files = new DirectoryFiles(directory, machine);
  return store === "disk" ? new DiskStore(files) : new MemoryStore(files);
}
