import { fileSystem } from "../runtime/file-system.ts";
import { DirectoryFiles } from "./directory-files.ts";
import { memoryOnlyFiles } from "./memory-only-files.ts";
import { StateStore } from "./state-store.ts";

/** The state store of a worker: over a folder of files that all workers reach, or in its memory only. */
export function openStateStore(directory: string | undefined): StateStore {
  return new StateStore(directory === undefined ? memoryOnlyFiles : new DirectoryFiles(directory, fileSystem()));
}
