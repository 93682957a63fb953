import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { checkpointUnavailable } from "../../errors/checkpoint-unavailable.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import type { FileSystem, OpenFile } from "../../runtime/file-system.ts";
import { isRunning, type ProcessIdentity, thisProcess } from "../../runtime/process-identity.ts";
import { uniqueId } from "../../runtime/unique-id.ts";

/** Tokens of the locks that drivers of this process hold. */
const held = new Set<string>();

/** How often a driver shows on disk that it lives, and how long one that is on another host may not have shown it. */
const timing = { beatMs: 2_000, deadAfterMs: 8_000 };

interface Holder extends ProcessIdentity {
  readonly token: string;
  /** Ten digits, so that the file keeps its length. */
  readonly beat: string;
}

/**
 * Keeps a second driver from a checkpoint: a file that says who has it. A driver of this host that no longer runs is known to be
 * dead; one of another host is watched, and is dead when the file does not change. Who takes over puts a file of its own in the
 * place, and a driver that finds another's file there stops: it was replaced.
 */
export class Lock {
  readonly #directory: string;
  readonly #fs: FileSystem;
  readonly #token = uniqueId();
  readonly #file: OpenFile;
  #beat = 0;
  #timer: NodeJS.Timeout | undefined;
  #beating: Promise<void> = Promise.resolve();

  private constructor(directory: string, fs: FileSystem, file: OpenFile) {
    this.#directory = directory;
    this.#fs = fs;
    this.#file = file;
  }

  /** @throws CHECKPOINT_LOCKED, CHECKPOINT_UNAVAILABLE */
  static async take(directory: string, fs: FileSystem, { beatMs, deadAfterMs } = timing): Promise<Lock> {
    const aside = join(directory, `lock.${uniqueId()}.new`);
    const file = await fs.open(aside, "create").catch((error: unknown) => {
      throw checkpointUnavailable(`${aside} cannot be written`, error);
    });
    const lock = new Lock(directory, fs, file);
    try {
      await lock.#show();
      await lock.#place(aside, deadAfterMs);
    } catch (error) {
      await file.close();
      await fs.remove(aside);
      throw checkpointUnavailable(`${lock.#path} cannot be written`, error);
    }
    held.add(lock.#token);
    lock.#timer = setInterval(() => {
      // A beat that fails is not the job's end: the next write of the checkpoint says more.
      lock.#beating = lock.#show().catch(() => {});
    }, beatMs);
    lock.#timer.unref();
    return lock;
  }

  /** @throws CHECKPOINT_LOCKED when another driver has taken over. */
  async check(): Promise<void> {
    const holder = await this.#holder();
    if (holder?.token !== this.#token) throw lockedBy(this.#directory, holder, "has taken over");
  }

  async release(): Promise<void> {
    clearInterval(this.#timer);
    try {
      await this.#beating;
      await this.#file.close();
      if ((await this.#holder())?.token === this.#token) await this.#fs.remove(this.#path);
    } finally {
      // Not before: who finds a lock that nobody holds puts its own in the place, which would be removed here.
      held.delete(this.#token);
    }
  }

  get #path(): string {
    return join(this.#directory, "lock");
  }

  async #place(aside: string, deadAfterMs: number): Promise<void> {
    try {
      await this.#fs.link(aside, this.#path);
      await this.#fs.remove(aside);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      const before = await this.#holder();
      if (before !== undefined && !(await this.#isDead(before, deadAfterMs))) {
        throw lockedBy(this.#directory, before, "holds it");
      }
      await this.#fs.rename(aside, this.#path);
    }
  }

  async #isDead(holder: Holder, deadAfterMs: number): Promise<boolean> {
    const runs = isRunning(holder);
    if (runs !== undefined) return !runs || (holder.pid === process.pid && !held.has(holder.token));
    await delay(deadAfterMs);
    const after = await this.#holder();
    return after === undefined || (after.token === holder.token && after.beat === holder.beat);
  }

  /** Undefined when there is no lock, or one whose content never reached the disk. */
  async #holder(): Promise<Holder | undefined> {
    try {
      const file = await this.#fs.open(this.#path, "read");
      try {
        return JSON.parse(Buffer.from(await file.read(0, await file.size())).toString("utf8")) as Holder;
      } finally {
        await file.close();
      }
    } catch (error) {
      if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw checkpointUnavailable(`${this.#path} cannot be read`, error);
    }
  }

  /** Writes to this driver's own file, also when another's has taken its place. */
  async #show(): Promise<void> {
    const holder: Holder = { ...thisProcess(), token: this.#token, beat: String(this.#beat++).padStart(10, "0") };
    await this.#file.write(Buffer.from(JSON.stringify(holder)), 0);
  }
}

function lockedBy(directory: string, holder: Holder | undefined, does: string): DStreamError {
  const who = holder === undefined ? "another driver" : `the driver with process id ${holder.pid} on ${holder.host}`;
  return new DStreamError("CHECKPOINT_LOCKED", `the checkpoint in ${directory} is locked: ${who} ${does}`, {
    data: { directory, pid: holder?.pid, host: holder?.host },
  });
}
