import { type FSWatcher, statSync, watch } from "node:fs";
import { basename, dirname } from "node:path";

/** Editors write a file in several steps, and a change of branches touches many. */
const settleMs = 200;

/** Files of which somebody wants to know when one changes. Their folders are watched, since editors put new files in the old ones' place. */
export class WatchedFiles {
  readonly #changed: (path: string) => void;
  /** What each file looked like last. */
  readonly #seen = new Map<string, string>();
  readonly #folders = new Map<string, FSWatcher>();
  #settling: NodeJS.Timeout | undefined;

  constructor(changed: (path: string) => void) {
    this.#changed = changed;
  }

  get count(): number {
    return this.#seen.size;
  }

  /** A file that was written after `since` (epoch ms) has changed already. */
  add(path: string, since: number): void {
    if (this.#seen.has(path)) return;
    const stats = statSync(path, { throwIfNoEntry: false });
    const isChanged = stats !== undefined && stats.mtimeMs > since;
    this.#seen.set(path, isChanged ? "" : lookOf(path));
    const folder = dirname(path);
    if (!this.#folders.has(folder)) this.#watch(folder);
    if (isChanged) this.#settle();
  }

  close(): void {
    clearTimeout(this.#settling);
    for (const watcher of this.#folders.values()) watcher.close();
  }

  #watch(folder: string): void {
    try {
      const watcher = watch(folder, (_event, name) => {
        if (name === null || [...this.#seen.keys()].some((path) => basename(path) === name)) this.#settle();
      });
      // A folder that goes away is none that brings changes.
      watcher.on("error", () => watcher.close());
      this.#folders.set(folder, watcher);
    } catch {
      // A module that is in no folder that can be watched does not change.
    }
  }

  #settle(): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.#look(), settleMs);
  }

  #look(): void {
    let first: string | undefined;
    for (const [path, before] of this.#seen) {
      const now = lookOf(path);
      // One that is gone will come again, or is not needed.
      if (now === before || now === "") continue;
      this.#seen.set(path, now);
      first ??= path;
    }
    if (first !== undefined) this.#changed(first);
  }
}

/** "" for a file that is not there. */
function lookOf(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? "" : `${stats.mtimeMs} ${stats.size} ${stats.ino}`;
}
