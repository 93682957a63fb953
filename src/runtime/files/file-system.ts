import { link, open, readdir, rename, rm } from "node:fs/promises";
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

/** The files of durable data. Errors are those of node:fs. */
export interface FileSystem {
  /** `create` makes a new file and fails with EEXIST when there is one of that name. */
  open(path: string, mode: "read" | "create"): Promise<OpenFile>;
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
  /** Makes names that were created, renamed or removed in a folder durable. */
  syncDirectory(directory: string): Promise<void>;
}

/** The machine's file system. */
export const nodeFileSystem: FileSystem = {
  async open(path, mode) {
    const handle = await open(path, mode === "read" ? "r" : "wx");
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
  async syncDirectory(directory) {
    const handle = await open(directory, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
};
