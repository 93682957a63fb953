import { basename, dirname } from "node:path";
import type { FileSystem, OpenFile } from "../../src/runtime/file-system.ts";
import { systemError } from "./faulty-file-system.ts";

/** A file system in memory, whose bytes a test can look at and change. */
export class MemoryFileSystem implements FileSystem {
  /** By path. */
  readonly files = new Map<string, Uint8Array>();

  async open(path: string, mode: "read" | "create"): Promise<OpenFile> {
    if (mode === "read" && !this.files.has(path)) throw systemError("ENOENT");
    if (mode === "create") {
      if (this.files.has(path)) throw systemError("EEXIST");
      this.files.set(path, new Uint8Array());
    }
    const bytes = (): Uint8Array => this.files.get(path) as Uint8Array;
    return {
      size: async () => bytes().length,
      read: async (position, length) => bytes().slice(position, position + length),
      write: async (added, position) => {
        const grown = new Uint8Array(Math.max(bytes().length, position + added.length));
        grown.set(bytes());
        grown.set(added, position);
        this.files.set(path, grown);
      },
      sync: async () => {},
      close: async () => {},
    };
  }

  async list(directory: string): Promise<string[]> {
    return [...this.files.keys()].filter((path) => dirname(path) === directory).map((path) => basename(path));
  }

  async rename(from: string, to: string): Promise<void> {
    const bytes = this.files.get(from);
    if (bytes === undefined) throw systemError("ENOENT");
    this.files.delete(from);
    this.files.set(to, bytes);
  }

  async remove(path: string): Promise<void> {
    this.files.delete(path);
  }

  async makeDirectory(): Promise<void> {}

  async syncDirectory(): Promise<void> {}
}
