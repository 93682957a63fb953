import {
  type FileStatus,
  type FileSystem,
  nodeFileSystem,
  type OpenFile,
  type OpenMode,
} from "../../src/runtime/files/file-system.ts";

/** Operations that can be made to fail; each counts up when it is called. */
export type FileOperation = "open" | "read" | "write" | "sync" | "rename" | "syncDirectory";

/** Decides what happens to the n-th call (from 1) of all calls of an operation: an error to throw, or nothing. */
export type Fault = (operation: FileOperation, count: number, path: string) => NodeJS.ErrnoException | undefined;

export function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: injected`), { code });
}

/**
 * The machine's file system with faults. A write that fails has written half of its bytes, as a full disk does.
 */
export class FaultyFileSystem implements FileSystem {
  readonly counts: Record<FileOperation, number> = { open: 0, read: 0, write: 0, sync: 0, rename: 0, syncDirectory: 0 };
  readonly #fault: Fault;

  constructor(fault: Fault) {
    this.#fault = fault;
  }

  async open(path: string, mode: OpenMode): Promise<OpenFile> {
    this.#strike("open", path);
    const file = await nodeFileSystem.open(path, mode);
    return {
      size: () => file.size(),
      close: () => file.close(),
      read: async (position, length) => {
        this.#strike("read", path);
        return file.read(position, length);
      },
      write: async (bytes, position) => {
        try {
          this.#strike("write", path);
        } catch (error) {
          await file.write(bytes.subarray(0, bytes.length >> 1), position);
          throw error;
        }
        await file.write(bytes, position);
      },
      sync: async () => {
        this.#strike("sync", path);
        await file.sync();
      },
    };
  }

  async rename(from: string, to: string): Promise<void> {
    this.#strike("rename", to);
    await nodeFileSystem.rename(from, to);
  }

  async syncDirectory(directory: string): Promise<void> {
    this.#strike("syncDirectory", directory);
    await nodeFileSystem.syncDirectory(directory);
  }

  makeDirectory(path: string): Promise<void> {
    return nodeFileSystem.makeDirectory(path);
  }

  link(from: string, to: string): Promise<void> {
    return nodeFileSystem.link(from, to);
  }

  list(directory: string): Promise<string[]> {
    return nodeFileSystem.list(directory);
  }

  remove(path: string): Promise<void> {
    return nodeFileSystem.remove(path);
  }

  removeTree(path: string): Promise<void> {
    return nodeFileSystem.removeTree(path);
  }

  status(path: string): Promise<FileStatus | undefined> {
    return nodeFileSystem.status(path);
  }

  realPath(path: string): Promise<string> {
    return nodeFileSystem.realPath(path);
  }

  temporaryFolder(prefix: string): Promise<string> {
    return nodeFileSystem.temporaryFolder(prefix);
  }

  #strike(operation: FileOperation, path: string): void {
    const error = this.#fault(operation, ++this.counts[operation], path);
    if (error !== undefined) throw error;
  }
}
