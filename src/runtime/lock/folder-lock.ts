import { basename, dirname, join } from "node:path";
import type { FileSystem, OpenFile } from "../files/file-system.ts";
import type { Machine } from "../machine/machine.ts";
import { type Random, uniqueId } from "../machine/random.ts";
import type { Timers } from "../machine/timers.ts";
import type { ProcessIdentity } from "../process/process-identity.ts";
import { type HostProcess, thisProcess } from "../process/this-process.ts";
import { firstBeat, SignOfLife } from "./sign-of-life.ts";

/** Who has a folder. */
export interface Holder extends ProcessIdentity {
  /** Made up for this lock. */
  readonly token: string;
  /** The thread of the process. */
  readonly thread: number;
  /** Changes as long as the process runs. */
  readonly beat: string;
}

/** How often a holder shows that it lives, and how long one that nobody here can see may not have shown it. */
export interface LockTiming {
  readonly beatMs: number;
  readonly deadAfterMs: number;
}

/** What a lock needs of the machine. */
export type LockMachine = Pick<Machine, "files" | "timers" | "random">;

export interface TakeOptions {
  /** How long to wait for another holder's end. Default 0. */
  readonly waitMs?: number;
  /** Ends the waiting; what `take` then throws is its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Told once for whom it waits. */
  readonly waiting?: (holder: Holder) => void;
  readonly timing?: LockTiming;
  /** Who takes it. Default: this process. */
  readonly process?: HostProcess | undefined;
}

const defaultTiming: LockTiming = { beatMs: 2_000, deadAfterMs: 8_000 };

/** Looks at another holder's lock in the time after which it is dead. */
const looks = 40;

/**
 * Keeps others from a folder: a file that says who has it. Everything rests on a link that fails when the name is taken: of several who
 * find a folder free one gets its name. Who finds a dead one's lock first claims to be its successor, by a name that is made of that
 * lock's token and is claimed once; then it looks whether the lock is still that one, and puts its own in the place at once. So who
 * comes late, having stood still since it looked, replaces nobody who lives.
 *
 * Whether a holder is dead is known of processes that can be seen from here. Others are watched: their file changes while they live.
 * The clocks of two machines are never compared.
 */
export class FolderLock {
  readonly #path: string;
  readonly #fs: FileSystem;
  readonly #random: Random;
  readonly #token: string;
  readonly #file: OpenFile;
  readonly #sign: SignOfLife;
  /** Tokens of all locks of the process. */
  readonly #held: Set<string>;

  private constructor({ path, fs, process, timers, random }: Place, token: string, file: OpenFile, beatMs: number) {
    this.#path = path;
    this.#fs = fs;
    this.#random = random;
    this.#held = process.heldLocks;
    this.#token = token;
    this.#file = file;
    this.#sign = new SignOfLife(file, beatAt, beatMs, timers);
  }

  /** The lock, or who holds it. @throws what the file system throws; the signal's reason. */
  static async take(
    directory: string,
    { files: fs, timers, random }: LockMachine,
    options: TakeOptions = {},
  ): Promise<FolderLock | Holder> {
    const { waitMs = 0, signal, waiting, timing = defaultTiming, process = thisProcess } = options;
    const path = join(directory, "lock");
    const watches = new Watches(process, timing.deadAfterMs, timers);
    const place: Place = { path, fs, timers, random, process, watches };
    const until = timers.elapsed() + waitMs;
    let isTold = waitMs === 0;
    for (;;) {
      signal?.throwIfAborted();
      const named = await read(path, fs);
      const holder = named ?? (await movedAway(path, fs));
      const state = holder === undefined ? "dead" : place.watches.look(path, holder);
      if (holder === undefined || state === "dead") {
        const lock = await FolderLock.#place(place, named, timing.beatMs);
        if (lock !== undefined) return lock;
      } else {
        if (state === "alive" && timers.elapsed() >= until) return holder;
        if (!isTold) waiting?.(holder);
        isTold = true;
      }
      // One that stands still in the middle of taking over.
      const isStuck = holder !== undefined && timers.elapsed() >= until + 2 * timing.deadAfterMs;
      if (isStuck && state === "dead") return (await read(claimOf(path, holder), fs)) ?? holder;
      await timers.delay(timing.deadAfterMs / looks, signal).catch(() => {});
    }
  }

  /** Who has the folder in place of this; "nobody" when the file is gone, undefined while it is this one's. */
  async successor(): Promise<Holder | "nobody" | undefined> {
    for (let look = 0; look < 3; look++) {
      const holder = await read(this.#path, this.#fs);
      if (holder !== undefined) return holder.token === this.#token ? undefined : holder;
      // Moved away by one who gave back a lock that it had no more, and who is about to put this one back.
      for (const name of await namesLike(this.#path, this.#fs, "gone")) {
        if ((await read(name, this.#fs))?.token === this.#token) await putBack(name, this.#path, this.#fs);
      }
    }
    return "nobody";
  }

  async release(): Promise<void> {
    try {
      // The sign of life goes on until then: who sees none takes over.
      if ((await read(this.#path, this.#fs))?.token === this.#token) {
        await moveAway({ path: this.#path, fs: this.#fs, random: this.#random }, this.#token);
      }
    } finally {
      this.#held.delete(this.#token);
      // The name is free. The file stays open as long as it may be written: its number must not become another file's.
      void this.#closeFile().catch(() => {});
    }
  }

  async #closeFile(): Promise<void> {
    if (await this.#sign.stop()) await this.#file.close();
  }

  /** Puts a new lock where `dead` was; undefined when somebody else was faster. */
  static async #place(place: Place, dead: Holder | undefined, beatMs: number): Promise<FolderLock | undefined> {
    const { path, fs, process, random } = place;
    const token = uniqueId(random);
    const aside = `${path}.${token}.new`;
    const file = await fs.open(aside, "create");
    process.heldLocks.add(token);
    let isPlaced = false;
    try {
      await file.write(encode(token, process), 0);
      // Before it has its name: elsewhere nobody must find an empty one.
      await file.sync();
      isPlaced = dead === undefined ? await linked(aside, path, fs) : await replaced(place, dead, aside, token);
    } finally {
      if (!isPlaced) {
        process.heldLocks.delete(token);
        await file.close();
        await fs.remove(aside);
      }
    }
    if (!isPlaced) return undefined;
    const lock = new FolderLock(place, token, file, beatMs);
    await tidyUp(path, fs, token).catch(() => {});
    return lock;
  }
}

/** Where a lock is to be, whose, and what has been seen there. */
interface Place {
  readonly path: string;
  readonly fs: FileSystem;
  readonly timers: Timers;
  readonly random: Random;
  readonly process: HostProcess;
  readonly watches: Watches;
}

/** Tells of the files of holders whether they are alive. */
class Watches {
  readonly #process: HostProcess;
  readonly #deadAfterMs: number;
  readonly #timers: Timers;
  readonly #watches = new Map<string, Watch>();

  constructor(process: HostProcess, deadAfterMs: number, timers: Timers) {
    this.#process = process;
    this.#deadAfterMs = deadAfterMs;
    this.#timers = timers;
  }

  look(path: string, holder: Holder): "alive" | "dead" | "unknown" {
    const runs = holds(holder, this.#process);
    if (runs !== undefined) return runs ? "alive" : "dead";
    const watch = this.#watches.get(path) ?? new Watch(this.#deadAfterMs, this.#timers);
    this.#watches.set(path, watch);
    return watch.look(holder);
  }
}

/** Tells whether a holder is alive whose process cannot be seen from here. */
class Watch {
  readonly #deadAfterMs: number;
  readonly #timers: Timers;
  #seen: string | undefined;
  #since = 0;
  #hasChanged = false;

  constructor(deadAfterMs: number, timers: Timers) {
    this.#deadAfterMs = deadAfterMs;
    this.#timers = timers;
  }

  look(holder: Holder): "alive" | "dead" | "unknown" {
    const now = this.#timers.elapsed();
    const seen = `${holder.token} ${holder.beat}`;
    if (seen !== this.#seen) {
      this.#hasChanged = this.#seen !== undefined;
      this.#seen = seen;
      this.#since = now;
    } else if (now - this.#since >= this.#deadAfterMs) return "dead";
    return this.#hasChanged ? "alive" : "unknown";
  }
}

/** Gives a file the name, unless it is taken. */
async function linked(aside: string, name: string, fs: FileSystem): Promise<boolean> {
  try {
    await fs.link(aside, name);
    return true;
  } catch (error) {
    // ENOENT: who has the name has tidied up.
    if (isCode(error, "EEXIST") || isCode(error, "ENOENT")) return false;
    throw error;
  }
}

function claimOf(path: string, dead: Holder): string {
  return `${path}.${dead.token}.claim`;
}

/** Puts the file `aside` in the place of `dead`'s; false when somebody else does, or did. */
async function replaced(place: Place, dead: Holder, aside: string, token: string): Promise<boolean> {
  const { path, fs } = place;
  const claim = claimOf(path, dead);
  if (!(await linked(aside, claim, fs)) && !(await claimReplaced(place, claim, aside, token))) return false;
  try {
    if ((await read(path, fs))?.token !== dead.token) return false;
    await fs.rename(aside, path);
    return true;
  } catch (error) {
    if (isCode(error, "ENOENT")) return false;
    throw error;
  } finally {
    if ((await read(claim, fs))?.token === token) await fs.remove(claim);
  }
}

/** Takes over the claim of one that died between its claim and the end. Should it only seem so, it is kept from going on. */
async function claimReplaced(place: Place, claim: string, aside: string, token: string): Promise<boolean> {
  const { fs, watches } = place;
  const claimant = await read(claim, fs);
  if (claimant === undefined || watches.look(claim, claimant) !== "dead") return false;
  const again = `${aside}.new`;
  if (!(await linked(aside, again, fs))) return false;
  if (!(await replaced({ ...place, path: claim }, claimant, again, token))) {
    await fs.remove(again);
    return false;
  }
  // What it would put in place.
  const left = (await fs.list(dirname(aside))).filter((name) => name.includes(`${claimant.token}.new`));
  for (const name of left.sort()) await fs.remove(join(dirname(aside), name));
  return true;
}

/** Whether a holder has not ended; undefined when that cannot be seen from here. */
function holds(holder: Holder, process: HostProcess): boolean | undefined {
  const runs = process.isRunning(holder);
  if (!runs || holder.pid !== process.identity().pid) return runs;
  if (process.heldLocks.has(holder.token)) return true;
  // Of another thread of this process nobody knows which locks it has given up.
  return holder.thread === process.thread ? false : undefined;
}

/** Removes the lock with a token. Another one that has come into its place meanwhile is put back. */
async function moveAway({ path, fs, random }: Pick<Place, "path" | "fs" | "random">, token: string): Promise<void> {
  const gone = `${path}.${uniqueId(random)}.gone`;
  try {
    await fs.rename(path, gone);
  } catch (error) {
    if (isCode(error, "ENOENT")) return;
    throw error;
  }
  if ((await read(gone, fs))?.token !== token) await putBack(gone, path, fs);
  await fs.remove(gone);
}

async function putBack(gone: string, path: string, fs: FileSystem): Promise<void> {
  await fs.link(gone, path).catch((error: unknown) => {
    // It has been put back, or another one has the name since.
    if (!isCode(error, "EEXIST") && !isCode(error, "ENOENT")) throw error;
  });
}

/** Removes what those left who died or lost while they took the lock. */
async function tidyUp(path: string, fs: FileSystem, token: string): Promise<void> {
  for (const name of await namesLike(path, fs, "new", "claim", "gone")) {
    // Claims to be this one's successor are for others to judge.
    const isOwn = name.startsWith(`${path}.${token}.claim`);
    const isOwnLock = name.endsWith(".gone") && (await read(name, fs))?.token === token;
    if (!isOwn && !isOwnLock) await fs.remove(name);
  }
}

/** Whose lock one has moved away who gives it back, or who came too late to do so. */
async function movedAway(path: string, fs: FileSystem): Promise<Holder | undefined> {
  const [gone] = await namesLike(path, fs, "gone");
  return gone === undefined ? undefined : read(gone, fs);
}

async function namesLike(path: string, fs: FileSystem, ...endings: ("new" | "claim" | "gone")[]): Promise<string[]> {
  const start = `${basename(path)}.`;
  const names = (await fs.list(dirname(path))).filter((name) => name.startsWith(start));
  return names
    .filter((name) => endings.some((ending) => name.endsWith(`.${ending}`)))
    .sort()
    .map((name) => join(dirname(path), name));
}

const beginning = '{"beat":"';
const beatAt = beginning.length;

function encode(token: string, process: HostProcess): Buffer {
  const holder: Holder = { beat: firstBeat, token, thread: process.thread, ...process.identity() };
  return Buffer.from(JSON.stringify(holder));
}

/** What a file says that nobody can read: written by another version, or half, when the machine died. Nobody sees its process. */
const unreadable: Holder = {
  token: "",
  thread: 0,
  beat: "",
  host: "an unknown host",
  pid: 0,
  startedAt: "",
  space: "",
};

/** More than a lock has. */
const maxBytes = 4_096;

/** Undefined when there is no such file. */
async function read(path: string, fs: FileSystem): Promise<Holder | undefined> {
  let bytes: Uint8Array;
  try {
    const file = await fs.open(path, "read");
    try {
      bytes = await file.read(0, maxBytes);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isCode(error, "ENOENT")) return undefined;
    throw error;
  }
  return parse(Buffer.from(bytes).toString("utf8"));
}

function parse(text: string): Holder {
  // As the first embedded brokers wrote it.
  const [, pid, startedAt] = /^(\d+) (\S+ \S+)$/.exec(text) ?? [];
  if (pid !== undefined) return { ...unreadable, pid: Number(pid), startedAt, space: undefined };
  try {
    const holder = JSON.parse(text) as Partial<Holder> | null;
    if (!/^\w+$/.test(String(holder?.token)) || typeof holder?.pid !== "number") return unreadable;
    const { token = "", pid, thread = 0, beat = "", host = unreadable.host, startedAt, space } = holder;
    return { token, pid, thread, beat, host, startedAt, space };
  } catch {
    return unreadable;
  }
}

function isCode(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException).code === code;
}
