import type { FileStatus, FileSystem, OpenFile, OpenMode } from "../../src/runtime/files/file-system.ts";
import { systemError } from "./faulty-file-system.ts";

interface Content {
  bytes: Uint8Array;
}

/** A file system in memory, whose bytes a test can look at and change. An open file stays the same one when its name goes. */
export class MemoryFileSystem implements FileSystem {
  readonly #contents = new Map<string, Content>();
  #temporary = 0;

  get paths(): string[] {
    return [...this.#contents.keys()];
  }

  /** A copy of all files, each of its own. */
  clone(): MemoryFileSystem {
    const copy = new MemoryFileSystem();
    for (const path of this.paths) copy.put(path, Uint8Array.from(this.bytesOf(path)));
    return copy;
  }

  bytesOf(path: string): Uint8Array {
    return this.#content(path).bytes;
  }

  put(path: string, bytes: Uint8Array): void {
    this.#contents.set(path, { bytes });
  }

  async open(path: string, mode: OpenMode): Promise<OpenFile> {
    if (mode === "create") {
      if (this.#contents.has(path)) throw systemError("EEXIST");
      this.put(path, new Uint8Array());
    }
    const content = this.#content(path);
    return {
      size: async () => content.bytes.length,
      read: async (position, length) => content.bytes.slice(position, position + length),
      write: async (added, position) => {
        const grown = new Uint8Array(Math.max(content.bytes.length, position + added.length));
        grown.set(content.bytes);
        grown.set(added, position);
        content.bytes = grown;
      },
      sync: async () => {},
      close: async () => {},
    };
  }

  async list(directory: string): Promise<string[]> {
    const below = this.paths.filter((path) => path.startsWith(`${directory}/`));
    return [...new Set(below.map((path) => path.slice(directory.length + 1).split("/")[0] as string))];
  }

  async link(from: string, to: string): Promise<void> {
    const content = this.#content(from);
    if (this.#contents.has(to)) throw systemError("EEXIST");
    this.#contents.set(to, content);
  }

  async rename(from: string, to: string): Promise<void> {
    this.#contents.set(to, this.#content(from));
    this.#contents.delete(from);
  }

  async remove(path: string): Promise<void> {
    this.#contents.delete(path);
  }

  async removeTree(path: string): Promise<void> {
    for (const name of this.paths) if (name.startsWith(`${path}/`)) this.#contents.delete(name);
  }

  async status(path: string): Promise<FileStatus | undefined> {
    const content = this.#contents.get(path);
    if (content !== undefined) return { isDirectory: false, isFile: true, size: content.bytes.length, modifiedMs: 0 };
    const isDirectory = this.paths.some((name) => name.startsWith(`${path}/`));
    return isDirectory ? { isDirectory, isFile: false, size: 0, modifiedMs: 0 } : undefined;
  }

  async realPath(path: string): Promise<string> {
    if ((await this.status(path)) === undefined) throw systemError("ENOENT");
    return path;
  }

  async temporaryFolder(prefix: string): Promise<string> {
    return `/tmp/${prefix}${this.#temporary++}`;
  }

  async makeDirectory(): Promise<void> {}

  async syncDirectory(): Promise<void> {}

  #content(path: string): Content {
    const content = this.#contents.get(path);
    if (content === undefined) throw systemError("ENOENT");
    return content;
  }
}
