import type { DirectoryFiles } from "../directory-files.ts";
import type { StateSlice } from "../manifest.ts";
import { SlicesInUse, sliceId } from "../slices-in-use.ts";
import type { StateFile } from "../state-file.ts";
import type { OpenState, StateStore } from "../state-store.ts";
import { DirectoryCache } from "./directory-cache.ts";
import { SortedFile } from "./sorted-file.ts";
import { SortedSlice } from "./sorted-slice.ts";
import { SortedState } from "./sorted-state.ts";

/**
 * State that is read where it is, in the files that the manifest names: what a worker keeps are open files and a bounded part of
 * what says where in them keys are. So there is nothing to be loaded when a job begins or a partition moves, and nothing that could
 * be stale.
 */
export class DiskStore implements StateStore {
  readonly #files: DirectoryFiles;
  readonly #directories = new DirectoryCache();
  readonly #open = new Map<string, Promise<SortedFile>>();
  /** Files of each slice that is in use. */
  readonly #slices = new Map<string, ReadonlySet<string>>();
  readonly #inUse = new SlicesInUse();

  constructor(files: DirectoryFiles) {
    this.#files = files;
  }

  async open(slice: StateSlice, time: number): Promise<OpenState> {
    const files = new Map(slice.parts.flatMap(({ chain }) => chain.map((file) => [file.id, file])));
    for (const id of this.#inUse.opened(slice, time)) this.#slices.delete(id);
    this.#slices.set(sliceId(slice), new Set(files.keys()));
    await this.#closeUnused();
    const opened = await Promise.all([...files.values()].map((file) => this.#file(file)));
    return new SortedState(new SortedSlice(slice, new Map(opened.map((file) => [file.file.id, file]))), this.#files);
  }

  async close(): Promise<void> {
    this.#slices.clear();
    await this.#closeUnused();
  }

  #file(file: StateFile): Promise<SortedFile> {
    let opened = this.#open.get(file.id);
    if (opened === undefined) {
      opened = this.#files.open(file).then((input) => new SortedFile(input, this.#directories));
      this.#open.set(file.id, opened);
      // Whoever waits is told; the next one tries again.
      opened.catch(() => this.#open.delete(file.id));
    }
    return opened;
  }

  async #closeUnused(): Promise<void> {
    const used = new Set([...this.#slices.values()].flatMap((ids) => [...ids]));
    for (const [id, opened] of this.#open) {
      if (used.has(id)) continue;
      this.#open.delete(id);
      this.#directories.forget(id);
      await opened.then((file) => file.close()).catch(() => {});
    }
  }
}
