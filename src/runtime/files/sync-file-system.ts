import fs from "node:fs";
import { promisify } from "node:util";
import { makeFolderSync } from "./make-folder.ts";

/** Files whose user waits for them: the embedded broker's, which answers in the order of its log. Errors are those of node:fs. */
export interface SyncFileSystem {
  exists(path: string): boolean;
  /** With the folders above it; nothing happens when it exists. */
  makeDirectory(path: string): void;
  /** Names in a folder, in no particular order. */
  list(directory: string): string[];
  size(path: string): number;
  readFile(path: string): Buffer;
  /** A new file, or another content of the one that is there. */
  writeFile(path: string, bytes: Uint8Array): void;
  /** The number of an open file: "new" makes it or empties the one that is there. */
  open(path: string, mode: "read" | "change" | "new"): number;
  /** How many bytes it read into all of `room`: fewer where the file ends. */
  read(file: number, room: Uint8Array, position: number): number;
  /** Writes all of `bytes`. */
  write(file: number, bytes: Uint8Array, position: number): void;
  truncate(file: number, length: number): void;
  /** What was written is on the medium. */
  sync(file: number): void;
  /** The same beside other work. */
  flush(file: number): Promise<void>;
  close(file: number): void;
  /** Takes the place of what has the name `to`, at once. */
  rename(from: string, to: string): void;
  /** Nothing happens when there is no such file. */
  remove(path: string): void;
  /** A folder with all that is in it. */
  removeTree(path: string): void;
}

const flags = { read: "r", change: "r+", new: "w+" } as const;

/** The machine's. */
export const nodeSyncFileSystem: SyncFileSystem = {
  exists: fs.existsSync,
  makeDirectory: makeFolderSync,
  list: (directory) => fs.readdirSync(directory),
  size: (path) => fs.statSync(path).size,
  readFile: (path) => fs.readFileSync(path),
  writeFile: (path, bytes) => fs.writeFileSync(path, bytes),
  open: (path, mode) => fs.openSync(path, flags[mode]),
  read(file, room, position) {
    let filled = 0;
    while (filled < room.length) {
      const bytes = fs.readSync(file, room, filled, room.length - filled, position + filled);
      if (bytes === 0) break;
      filled += bytes;
    }
    return filled;
  },
  write(file, bytes, position) {
    for (let written = 0; written < bytes.length; )
      written += fs.writeSync(file, bytes, written, bytes.length - written, position + written);
  },
  truncate: (file, length) => fs.ftruncateSync(file, length),
  sync: (file) => fs.fsyncSync(file),
  flush: promisify(fs.fdatasync),
  close: (file) => fs.closeSync(file),
  rename: (from, to) => fs.renameSync(from, to),
  remove: (path) => fs.rmSync(path, { force: true }),
  removeTree: (path) => fs.rmSync(path, { recursive: true, force: true }),
};
