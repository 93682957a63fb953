import type { FileStatus, FileSystem, OpenFile, OpenMode } from "../../src/runtime/files/file-system.ts";

/**
 * Another view of a file system, whose operations are counted and can be held: what `before` and `after` return is waited for, as a
 * process that stands still there would. `fd` is left out, so that signs of life come from here, too.
 */
export class HeldFileSystem implements FileSystem {
  readonly #fs: FileSystem;
  readonly #hold: (step: number, name: string, path: string) => Promise<void> | void;
  #steps = 0;

  /** `hold` is called before each operation and behind it: two steps. */
  constructor(fs: FileSystem, hold: (step: number, name: string, path: string) => Promise<void> | void) {
    this.#fs = fs;
    this.#hold = hold;
  }

  async open(path: string, mode: OpenMode): Promise<OpenFile> {
    const file = await this.#step(`open to ${mode}`, path, () => this.#fs.open(path, mode));
    return {
      size: () => file.size(),
      read: (position, length, room) => this.#step("read", path, () => file.read(position, length, room)),
      write: (bytes, position) => this.#step("write", path, () => file.write(bytes, position)),
      sync: () => this.#step("sync", path, () => file.sync()),
      close: () => file.close(),
    };
  }

  makeDirectory(path: string): Promise<void> {
    return this.#step("makeDirectory", path, () => this.#fs.makeDirectory(path));
  }

  list(directory: string): Promise<string[]> {
    return this.#step("list", directory, () => this.#fs.list(directory));
  }

  link(from: string, to: string): Promise<void> {
    return this.#step("link", to, () => this.#fs.link(from, to));
  }

  rename(from: string, to: string): Promise<void> {
    return this.#step("rename", to, () => this.#fs.rename(from, to));
  }

  remove(path: string): Promise<void> {
    return this.#step("remove", path, () => this.#fs.remove(path));
  }

  removeTree(path: string): Promise<void> {
    return this.#step("removeTree", path, () => this.#fs.removeTree(path));
  }

  status(path: string): Promise<FileStatus | undefined> {
    return this.#step("status", path, () => this.#fs.status(path));
  }

  realPath(path: string): Promise<string> {
    return this.#step("realPath", path, () => this.#fs.realPath(path));
  }

  temporaryFolder(prefix: string): Promise<string> {
    return this.#step("temporaryFolder", prefix, () => this.#fs.temporaryFolder(prefix));
  }

  syncDirectory(directory: string): Promise<void> {
    return this.#step("syncDirectory", directory, () => this.#fs.syncDirectory(directory));
  }

  async #step<T>(name: string, path: string, operation: () => Promise<T>): Promise<T> {
    await this.#hold(++this.#steps, `before ${name}`, path);
    const result = await operation();
    await this.#hold(++this.#steps, `after ${name}`, path);
    return result;
  }
}
