import type { DirectoryFiles } from "../files/directory-files.ts";
import type { StateFile } from "../files/state-file.ts";
import { filesOf, type StateSlice } from "../manifest.ts";
import { SlicesInUse, sliceId } from "../slices-in-use.ts";
import type { OpenState, StateStore } from "../state-store.ts";
import { OpenFiles } from "./open-files.ts";
import { SortedSlice } from "./sorted-slice.ts";
import { SortedState } from "./sorted-state.ts";

/**
 * State that is read where it is, in the files that the manifest names: what a worker keeps are open files and a bounded part of
 * what says where in them keys are. So there is nothing to be loaded when a job begins or a partition moves, and nothing that could
 * be stale.
 */
export class DiskStore implements StateStore {
  readonly #files: DirectoryFiles;
  readonly #open: OpenFiles;
  /** Files of each slice that is in use. */
  readonly #slices = new Map<string, readonly StateFile[]>();
  readonly #inUse = new SlicesInUse();

  constructor(files: DirectoryFiles) {
    this.#files = files;
    this.#open = new OpenFiles(files);
  }

  async open(slice: StateSlice, time: number): Promise<OpenState> {
    const unused = [...this.#inUse.opened(slice, time), sliceId(slice)].flatMap((id) => this.#taken(id));
    const files = [...filesOf([slice]).values()];
    this.#slices.set(sliceId(slice), files);
    const opening = files.map((file) => this.#open.use(file));
    // Only now, so that what is used further stays open.
    await this.#release(unused);
    const opened = await Promise.all(opening);
    return new SortedState(new SortedSlice(slice, new Map(opened.map((file) => [file.file.id, file]))), this.#files);
  }

  async close(): Promise<void> {
    await this.#release([...this.#slices.keys()].flatMap((id) => this.#taken(id)));
  }

  /** The files of a slice that is not in use any more. */
  #taken(id: string): readonly StateFile[] {
    const files = this.#slices.get(id) ?? [];
    this.#slices.delete(id);
    return files;
  }

  async #release(files: readonly StateFile[]): Promise<void> {
    await Promise.all(files.map((file) => this.#open.release(file)));
  }
}
