import type { DirectoryFiles } from "../files/directory-files.ts";
import type { StateFile } from "../files/state-file.ts";
import { DirectoryCache } from "./directory-cache.ts";
import { SortedFile } from "./sorted-file.ts";

interface UsedFile {
  numUsers: number;
  /** Undefined: it is not open, or could not be opened. */
  opened: Promise<SortedFile> | undefined;
}

/** Files that are open, each for as long as somebody uses it. */
export class OpenFiles {
  readonly #files: DirectoryFiles;
  readonly #directories = new DirectoryCache();
  readonly #used = new Map<string, UsedFile>();

  constructor(files: DirectoryFiles) {
    this.#files = files;
  }

  /** Each use, also one that fails, is ended by `release`. @throws CHECKPOINT_CORRUPT, CHECKPOINT_TOO_NEW, CHECKPOINT_UNAVAILABLE */
  use(file: StateFile): Promise<SortedFile> {
    const used = this.#used.get(file.id) ?? { numUsers: 0, opened: undefined };
    this.#used.set(file.id, used);
    used.numUsers++;
    if (used.opened !== undefined) return used.opened;
    const opened = this.#open(file);
    used.opened = opened;
    // Whoever waits is told; the next one tries again.
    opened.catch(() => {
      used.opened = undefined;
    });
    return opened;
  }

  async release({ id }: StateFile): Promise<void> {
    const used = this.#used.get(id);
    if (used === undefined || --used.numUsers > 0) return;
    this.#used.delete(id);
    await used.opened?.then((file) => file.close()).catch(() => {});
  }

  async #open(file: StateFile): Promise<SortedFile> {
    return new SortedFile(await this.#files.open(file), this.#directories);
  }
}
