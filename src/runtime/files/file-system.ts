import { link, mkdtemp, open, readdir, realpath, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeFolder } from "./make-folder.ts";

/** A file that is open for reading or for writing. */
export interface OpenFile {
  /** By which other threads of the process can write it; undefined where they cannot. */
  readonly fd?: number;
  size(): Promise<number>;
  /** The bytes from `position` on: `length` of them, or fewer where the file ends; in `room`, where that is given and has room for them. */
  read(position: number, length: number, room?: Uint8Array): Promise<Uint8Array>;
  /** Writes all of `bytes` at `position`. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  /** Resolves when everything written is on the medium. After a failure nobody knows what is: it must not be tried again. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** What a name stands for. */
export interface FileStatus {
  readonly isDirectory: boolean;
  /** Not so of what else there may be, such as pipes. */
  readonly isFile: boolean;
  readonly size: number;
  /** Of its last change, in epoch milliseconds. */
  readonly modifiedMs: number;
}

export type OpenMode = "read" | "create" | "change";

/** The files of durable data, and of what jobs read and write. Errors are those of node:fs. */
export interface FileSystem {
  /** `create` makes a new file and fails with EEXIST when there is one of that name; `change` is for writing to one that is there. */
  open(path: string, mode: OpenMode): Promise<OpenFile>;
  /** With the folders above it; nothing happens when it exists. */
  makeDirectory(path: string): Promise<void>;
  /** Names in a folder, in no particular order. */
  list(directory: string): Promise<string[]>;
  /** Gives a file a second name; fails with EEXIST when the name is taken. */
  link(from: string, to: string): Promise<void>;
  /** Takes the place of what has the name `to`, at once. */
  rename(from: string, to: string): Promise<void>;
  /** Nothing happens when there is no such file. */
  remove(path: string): Promise<void>;
  /** A folder with all that is in it. Nothing happens when there is none. */
  removeTree(path: string): Promise<void>;
  /** Undefined when nothing has this name. */
  status(path: string): Promise<FileStatus | undefined>;
  /** A path of what a path leads to by which no other one leads there, as by links. @throws ENOENT when nothing has this name */
  realPath(path: string): Promise<string>;
  /** Makes a new folder among the system's temporary ones, with a name that begins so. */
  temporaryFolder(prefix: string): Promise<string>;
  /** Makes names that were created, renamed or removed in a folder durable. */
  syncDirectory(directory: string): Promise<void>;
}

const flags = { read: "r", create: "wx", change: "r+" } as const;

/** The machine's file system. */
export const nodeFileSystem: FileSystem = {
  async open(path, mode) {
    const handle = await open(path, flags[mode]);
    return {
      fd: handle.fd,
      size: async () => (await handle.stat()).size,
      async read(position, length, room) {
        const bytes = room !== undefined && room.length >= length ? room : Buffer.allocUnsafeSlow(length);
        let filled = 0;
        while (filled < length) {
          const { bytesRead } = await handle.read(bytes, filled, length - filled, position + filled);
          if (bytesRead === 0) break;
          filled += bytesRead;
        }
        return bytes.subarray(0, filled);
      },
      async write(bytes, position) {
        for (let written = 0; written < bytes.length; ) {
          const left = bytes.length - written;
          written += (await handle.write(bytes, written, left, position + written)).bytesWritten;
        }
      },
      sync: () => handle.datasync(),
      close: () => handle.close(),
    };
  },
  makeDirectory: makeFolder,
  list: (directory) => readdir(directory),
  link,
  rename,
  remove: (path) => rm(path, { force: true }),
  removeTree: (path) => rm(path, { recursive: true, force: true }),
  async status(path) {
    try {
      const found = await stat(path);
      return { isDirectory: found.isDirectory(), isFile: found.isFile(), size: found.size, modifiedMs: found.mtimeMs };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  },
  realPath: (path) => realpath(path),
  temporaryFolder: (prefix) => mkdtemp(join(tmpdir(), prefix)),
  async syncDirectory(directory) {
    const handle = await open(directory, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
};
