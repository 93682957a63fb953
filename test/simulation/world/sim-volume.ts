import { dirname } from "node:path/posix";
import type { Scheduler } from "./scheduler.ts";
import type { SimHost } from "./sim-host.ts";

interface Write {
  readonly host: SimHost;
  readonly position: number;
  readonly bytes: Uint8Array;
  /** Its sync failed: a later one does not write it either. */
  isLost: boolean;
}

/** A name that was given or taken, and is not on the medium yet. */
interface Naming {
  readonly host: SimHost;
  readonly path: string;
  readonly file: SimFile | undefined;
}

/** Bytes that grow: with zeros where nothing was written. */
class Content {
  length = 0;
  #bytes = Buffer.alloc(256);

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.length);
  }

  write(bytes: Uint8Array, position: number): void {
    const end = position + bytes.length;
    if (end > this.#bytes.length) {
      const grown = Buffer.alloc(2 * end);
      grown.set(this.bytes);
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, position);
    this.length = Math.max(this.length, end);
  }

  truncate(length: number): void {
    this.#bytes.fill(0, length, this.length);
    this.length = Math.min(this.length, length);
  }
}

/** The content of a file, and what of it is on the medium. */
export class SimFile {
  modifiedMs = 0;
  #current = new Content();
  readonly #durable = new Content();
  #pending: Write[] = [];

  get length(): number {
    return this.#current.length;
  }

  read(position: number, length: number): Buffer {
    return this.#current.bytes.subarray(position, position + length);
  }

  write(host: SimHost, bytes: Uint8Array, position: number): void {
    const copy = Uint8Array.from(bytes);
    this.#current.write(copy, position);
    this.#pending.push({ host, position, bytes: copy, isLost: false });
  }

  /** At once on the medium, as it has to be for those who write over what was there. */
  truncate(length: number): void {
    this.#current.truncate(length);
    this.#durable.truncate(0);
    this.#durable.write(this.#current.bytes, 0);
    this.#pending = [];
  }

  sync(): void {
    for (const { position, bytes, isLost } of this.#pending) if (!isLost) this.#durable.write(bytes, position);
    this.#pending = [];
  }

  /** The system forgets what it could not write. */
  failSync(): void {
    for (const write of this.#pending) write.isLost = true;
  }

  /** One bit becomes another one. */
  rot(scheduler: Scheduler): void {
    const at = scheduler.random(this.length);
    const bit = 1 << scheduler.random(8);
    for (const { bytes } of [this.#durable, this.#current])
      if (at < bytes.length) bytes[at] = (bytes[at] as number) ^ bit;
  }

  /** Of what `host` wrote and did not sync, each write is there, in part, or not at all. */
  crash(host: SimHost, scheduler: Scheduler): void {
    for (const { host: by, bytes, position } of this.#pending) {
      if (by !== host || scheduler.oneIn(3)) this.#durable.write(bytes, position);
      else if (scheduler.oneIn(2)) {
        this.#durable.write(bytes.subarray(0, scheduler.random(bytes.length + 1)), position);
      }
    }
    this.#pending = [];
    this.#current = new Content();
    this.#current.write(this.#durable.bytes, 0);
  }
}

/** A disk. Names and bytes are on its medium when they were synced; each write and each name separately. */
export class SimVolume {
  readonly name: string;
  readonly #scheduler: Scheduler;
  readonly #directories = new Set<string>(["/"]);
  readonly #names = new Map<string, SimFile>();
  readonly #durableNames = new Map<string, SimFile>();
  #pending: Naming[] = [];
  /** How much longer than usual its operations take. */
  slowness = 1;
  isFull = false;
  /** How many of the next syncs fail. */
  failingSyncs = 0;

  constructor(name: string, scheduler: Scheduler) {
    this.name = name;
    this.#scheduler = scheduler;
    this.makeDirectory(`/${name}`);
  }

  get paths(): string[] {
    return [...this.#names.keys()];
  }

  file(path: string): SimFile {
    const file = this.#names.get(path);
    if (file === undefined) throw systemError(this.#directories.has(path) ? "EISDIR" : "ENOENT", "open", path);
    return file;
  }

  has(path: string): "file" | "directory" | undefined {
    if (this.#names.has(path)) return "file";
    return this.#directories.has(path) ? "directory" : undefined;
  }

  create(host: SimHost, path: string): SimFile {
    if (this.#names.has(path)) throw systemError("EEXIST", "open", path);
    if (!this.#directories.has(dirname(path))) throw systemError("ENOENT", "open", path);
    if (this.isFull) throw systemError("ENOSPC", "open", path);
    const file = new SimFile();
    this.#set(host, path, file);
    return file;
  }

  makeDirectory(path: string): void {
    for (let above = path; above !== "/"; above = dirname(above)) this.#directories.add(above);
  }

  /** In the order in which they came, which nobody must rely on. */
  list(directory: string): string[] {
    if (!this.#directories.has(directory)) throw systemError("ENOENT", "scandir", directory);
    const start = `${directory === "/" ? "" : directory}/`;
    const below = [...this.#names.keys(), ...this.#directories].filter((path) => path.startsWith(start));
    return [...new Set(below.map((path) => path.slice(start.length).split("/")[0] as string))].filter(
      (name) => name !== "",
    );
  }

  link(host: SimHost, from: string, to: string): void {
    const file = this.file(from);
    if (this.#names.has(to)) throw systemError("EEXIST", "link", to);
    this.#set(host, to, file);
  }

  rename(host: SimHost, from: string, to: string): void {
    if (this.#directories.has(from)) {
      this.#moveDirectory(host, from, to);
      return;
    }
    const file = this.file(from);
    if (from === to) return;
    this.#set(host, to, file);
    this.#set(host, from, undefined);
  }

  remove(host: SimHost, path: string): void {
    if (this.#directories.has(path)) throw systemError("EISDIR", "rm", path);
    if (this.#names.has(path)) this.#set(host, path, undefined);
  }

  removeTree(host: SimHost, path: string): void {
    for (const name of this.paths) if (name === path || name.startsWith(`${path}/`)) this.#set(host, name, undefined);
    for (const name of [...this.#directories])
      if (name === path || name.startsWith(`${path}/`)) this.#directories.delete(name);
  }

  syncDirectory(directory: string): void {
    const isThere = (path: string): boolean => dirname(path) === directory;
    for (const { path, file } of this.#pending) if (isThere(path)) put(this.#durableNames, path, file);
    this.#pending = this.#pending.filter(({ path }) => !isThere(path));
  }

  /** What one host has not synced is there, in part, or gone. Names of a folder come onto the medium in their order. */
  crash(host: SimHost): void {
    const ended = new Set<string>();
    for (const { host: by, path, file } of this.#pending) {
      const folder = dirname(path);
      if (by === host && (ended.has(folder) || this.#scheduler.oneIn(3))) ended.add(folder);
      else put(this.#durableNames, path, file);
    }
    this.#pending = [];
    this.#names.clear();
    for (const [path, file] of this.#durableNames) this.#names.set(path, file);
    for (const file of new Set(this.#names.values())) file.crash(host, this.#scheduler);
  }

  /** A bit of one of the files becomes another one. */
  rot(): void {
    const files = [...this.#names.values()].filter(({ length }) => length > 0);
    if (files.length > 0) this.#scheduler.pick(files).rot(this.#scheduler);
  }

  #moveDirectory(host: SimHost, from: string, to: string): void {
    for (const name of this.paths) {
      if (!name.startsWith(`${from}/`)) continue;
      this.#set(host, to + name.slice(from.length), this.#names.get(name));
      this.#set(host, name, undefined);
    }
    for (const name of [...this.#directories]) {
      if (name !== from && !name.startsWith(`${from}/`)) continue;
      this.#directories.delete(name);
      this.#directories.add(to + name.slice(from.length));
    }
  }

  #set(host: SimHost, path: string, file: SimFile | undefined): void {
    put(this.#names, path, file);
    this.#pending.push({ host, path, file });
  }
}

function put(names: Map<string, SimFile>, path: string, file: SimFile | undefined): void {
  if (file === undefined) names.delete(path);
  else names.set(path, file);
}

export function systemError(code: string, syscall: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${syscall} '${path}'`), { code, syscall, path });
}
