import { resolve } from "node:path/posix";
import type { FileStatus, FileSystem, OpenFile } from "../../../src/runtime/files/file-system.ts";
import type { SyncFileSystem } from "../../../src/runtime/files/sync-file-system.ts";
import type { SimProcess } from "./sim-process.ts";
import { type SimFile, type SimVolume, systemError } from "./sim-volume.ts";

const usualMs = { least: 0.02, most: 0.4 };
/** Sometimes a disk takes longer. */
const rareMs = { oneIn: 40, most: 30 };

/** The files of a process's host. Each operation takes its time; one that a process does not live to see has happened, or has not. */
export class SimFiles implements FileSystem {
  readonly #process: SimProcess;

  constructor(process: SimProcess) {
    this.#process = process;
  }

  async open(path: string, mode: "read" | "create"): Promise<OpenFile> {
    const file = await this.#operate(path, (volume, at) =>
      mode === "create" ? volume.create(this.#process.host, at) : volume.file(at),
    );
    return {
      size: () => this.#operate(path, () => file.length),
      read: (position, length, room) =>
        this.#operate(path, () => {
          const found = file.read(position, length);
          if (room === undefined || room.length < length) return Uint8Array.from(found);
          room.set(found);
          return room.subarray(0, found.length);
        }),
      write: (bytes, position) =>
        this.#operate(path, (volume) => writeInto(volume, file, this.#process, bytes, position, path)),
      sync: () => this.#operate(path, (volume) => syncFile(volume, file, path)),
      close: async () => {},
    };
  }

  makeDirectory(path: string): Promise<void> {
    return this.#operate(path, (volume, at) => volume.makeDirectory(at));
  }

  list(directory: string): Promise<string[]> {
    return this.#operate(directory, (volume, at) => volume.list(at));
  }

  link(from: string, to: string): Promise<void> {
    return this.#operate(to, (volume, at) => volume.link(this.#process.host, resolve(from), at));
  }

  rename(from: string, to: string): Promise<void> {
    return this.#operate(to, (volume, at) => volume.rename(this.#process.host, resolve(from), at));
  }

  remove(path: string): Promise<void> {
    return this.#operate(path, (volume, at) => volume.remove(this.#process.host, at));
  }

  removeTree(path: string): Promise<void> {
    return this.#operate(path, (volume, at) => volume.removeTree(this.#process.host, at));
  }

  status(path: string): Promise<FileStatus | undefined> {
    return this.#operate(path, (volume, at) => {
      const kind = volume.has(at);
      if (kind === undefined) return undefined;
      if (kind === "directory") return { isDirectory: true, isFile: false, size: 0, modifiedMs: 0 };
      const file = volume.file(at);
      return { isDirectory: false, isFile: true, size: file.length, modifiedMs: file.modifiedMs };
    });
  }

  realPath(path: string): Promise<string> {
    return this.#operate(path, (volume, at) => {
      if (volume.has(at) === undefined) throw systemError("ENOENT", "realpath", at);
      return at;
    });
  }

  temporaryFolder(prefix: string): Promise<string> {
    const path = `/tmp/${prefix}${this.#process.host.world.scheduler.random(2 ** 31)}`;
    return this.#operate(path, (volume, at) => {
      volume.makeDirectory(at);
      return path;
    });
  }

  syncDirectory(directory: string): Promise<void> {
    return this.#operate(directory, (volume, at) => volume.syncDirectory(at));
  }

  #operate<T>(path: string, operation: (volume: SimVolume, path: string) => T): Promise<T> {
    const process = this.#process;
    const { scheduler } = process.host.world;
    const at = resolve(path);
    return new Promise((settle, reject) => {
      if (!process.isAlive) return;
      const act = (): (() => void) => {
        try {
          const result = operation(volumeOf(process, at), at);
          return () => settle(result);
        } catch (error) {
          return () => reject(error);
        }
      };
      const volume = process.host.volumes.get(at.split("/")[1] as string);
      const most = scheduler.oneIn(rareMs.oneIn) ? rareMs.most : usualMs.most;
      const ms = scheduler.between(usualMs.least, most) * (volume?.slowness ?? 1);
      // What the system has begun, a process that dies or stands still does not take back.
      const done = scheduler.oneIn(2) ? act() : undefined;
      scheduler.after(ms, () => {
        if (process.isAlive) process.deliver(done ?? act());
      });
    });
  }
}

/** The same files, for a process that waits for each operation. */
export class SimSyncFiles implements SyncFileSystem {
  readonly #process: SimProcess;
  readonly #open = new Map<number, readonly [file: SimFile, path: string]>();
  #lastNumber = 2;

  constructor(process: SimProcess) {
    this.#process = process;
  }

  exists(path: string): boolean {
    return this.#volume(path).has(resolve(path)) !== undefined;
  }

  makeDirectory(path: string): void {
    this.#volume(path).makeDirectory(resolve(path));
  }

  list(directory: string): string[] {
    return this.#volume(directory).list(resolve(directory));
  }

  size(path: string): number {
    return this.#volume(path).file(resolve(path)).length;
  }

  readFile(path: string): Buffer {
    const file = this.#volume(path).file(resolve(path));
    return Buffer.from(file.read(0, file.length));
  }

  writeFile(path: string, bytes: Uint8Array): void {
    const file = this.#emptied(path);
    writeInto(this.#volume(path), file, this.#process, bytes, 0, path);
  }

  open(path: string, mode: "read" | "change" | "new"): number {
    const number = ++this.#lastNumber;
    const at = resolve(path);
    const volume = this.#volume(path);
    const isMissing = mode === "change" && volume.has(at) === undefined;
    const file = mode === "new" || isMissing ? this.#emptied(path) : volume.file(at);
    this.#open.set(number, [file, path]);
    return number;
  }

  read(number: number, room: Uint8Array, position: number): number {
    const found = this.#file(number)[0].read(position, room.length);
    room.set(found);
    return found.length;
  }

  write(number: number, bytes: Uint8Array, position: number): void {
    const [file, path] = this.#file(number);
    writeInto(this.#volume(path), file, this.#process, bytes, position, path);
  }

  truncate(number: number, length: number): void {
    this.#file(number)[0].truncate(length);
  }

  sync(number: number): void {
    const [file, path] = this.#file(number);
    syncFile(this.#volume(path), file, path);
  }

  flush(number: number): Promise<void> {
    const [file, path] = this.#file(number);
    const process = this.#process;
    return new Promise((settle, reject) => {
      process.host.world.scheduler.after(1, () => {
        if (!process.isAlive) return;
        process.deliver(() => {
          try {
            syncFile(volumeOf(process, resolve(path)), file, path);
            settle();
          } catch (error) {
            reject(error);
          }
        });
      });
    });
  }

  close(number: number): void {
    this.#open.delete(number);
  }

  rename(from: string, to: string): void {
    this.#volume(to).rename(this.#process.host, resolve(from), resolve(to));
  }

  remove(path: string): void {
    this.#volume(path).remove(this.#process.host, resolve(path));
  }

  removeTree(path: string): void {
    this.#volume(path).removeTree(this.#process.host, resolve(path));
  }

  #emptied(path: string): SimFile {
    const at = resolve(path);
    const volume = this.#volume(path);
    if (volume.has(at) === "file") {
      const file = volume.file(at);
      file.truncate(0);
      return file;
    }
    return volume.create(this.#process.host, at);
  }

  #file(number: number): readonly [file: SimFile, path: string] {
    const file = this.#open.get(number);
    if (file === undefined) throw systemError("EBADF", "file", String(number));
    return file;
  }

  #volume(path: string): SimVolume {
    if (!this.#process.isAlive) throw systemError("EIO", "dead process", path);
    return volumeOf(this.#process, resolve(path));
  }
}

function volumeOf({ host }: SimProcess, path: string): SimVolume {
  const volume = host.volumes.get(path.split("/")[1] as string);
  if (volume === undefined) throw systemError("ENOENT", "open", path);
  return volume;
}

function writeInto(
  volume: SimVolume,
  file: SimFile,
  { host }: SimProcess,
  bytes: Uint8Array,
  position: number,
  path: string,
): void {
  const fits = volume.isFull ? bytes.subarray(0, host.world.scheduler.random(bytes.length + 1)) : bytes;
  file.write(host, fits, position);
  file.modifiedMs = host.world.scheduler.now;
  if (volume.isFull) throw systemError("ENOSPC", "write", path);
}

function syncFile(volume: SimVolume, file: SimFile, path: string): void {
  if (volume.failingSyncs > 0) {
    volume.failingSyncs--;
    file.failSync();
    throw systemError("EIO", "fdatasync", path);
  }
  file.sync();
}
