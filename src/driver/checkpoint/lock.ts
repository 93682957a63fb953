import { join } from "node:path";
import { DStreamError } from "../../errors/dstream-error.ts";
import { checkpointUnavailable } from "../../errors/unavailable.ts";
import { FolderLock, type Holder, type LockMachine, type LockTiming } from "../../runtime/lock/folder-lock.ts";
import type { JobLog } from "../../runtime/log/job-log.ts";
import type { HostProcess } from "../../runtime/process/this-process.ts";

export interface LockOptions extends Partial<LockTiming> {
  /** How long to wait for another driver's end. Default 0. */
  readonly waitMs?: number;
  /** Ends the waiting. */
  readonly signal?: AbortSignal | undefined;
  /** Who takes it. Default: this process. */
  readonly process?: HostProcess | undefined;
  /** Hears that it waits, and for whom. */
  readonly log?: JobLog | undefined;
}

/**
 * Keeps a second driver from a checkpoint. A driver that finds another's lock in the place of its own stops: it was replaced.
 *
 * What a driver writes before it looks at its lock, its successor reads, since that begins to read when it has the lock; so a driver
 * first writes, durably, and then looks before what it wrote counts. What it removes it chooses before it looks, by names that its
 * successor does not use.
 */
export class Lock {
  readonly #directory: string;
  readonly #lock: FolderLock;

  private constructor(directory: string, lock: FolderLock) {
    this.#directory = directory;
    this.#lock = lock;
  }

  /** @throws CHECKPOINT_LOCKED, CHECKPOINT_UNAVAILABLE; the signal's reason. */
  static async take(directory: string, machine: LockMachine, options: LockOptions = {}): Promise<Lock> {
    const { waitMs = 0, signal, process, log, beatMs, deadAfterMs } = options;
    const taken = await FolderLock.take(directory, machine, {
      waitMs,
      signal,
      process,
      waiting: (holder) => log?.warn("CHECKPOINT_AWAITED", waitingText(directory, holder, waitMs)),
      ...(beatMs !== undefined && deadAfterMs !== undefined && { timing: { beatMs, deadAfterMs } }),
    }).catch((error: unknown) => {
      if (signal?.aborted) throw signal.reason;
      throw checkpointUnavailable(`the lock in ${directory} cannot be written`, error);
    });
    if (taken instanceof FolderLock) return new Lock(directory, taken);
    throw lockedBy(directory, taken, waitMs > 0 ? `still holds it after ${waitMs} ms (lockWait)` : "holds it");
  }

  /** @throws CHECKPOINT_LOCKED when another driver has taken over, CHECKPOINT_UNAVAILABLE */
  async check(): Promise<void> {
    const successor = await this.#lock.successor().catch((error: unknown) => {
      throw checkpointUnavailable(`${join(this.#directory, "lock")} cannot be read`, error);
    });
    if (successor === undefined) return;
    if (successor !== "nobody") throw lockedBy(this.#directory, successor, "has taken over");
    const text = `the lock of the checkpoint in ${this.#directory} was removed while this driver held it`;
    throw new DStreamError("CHECKPOINT_LOCKED", text, { data: { directory: this.#directory } });
  }

  /** What ended this driver: that it was replaced, where that is why a file was not as it should be, else the error itself. */
  async explain(error: unknown): Promise<unknown> {
    const lost = await this.check().catch((reason: unknown) => reason);
    return lost instanceof DStreamError && lost.code === "CHECKPOINT_LOCKED" ? lost : error;
  }

  release(): Promise<void> {
    return this.#lock.release();
  }
}

function lockedBy(directory: string, holder: Holder, does: string): DStreamError {
  const text = `the checkpoint in ${directory} is locked: ${nameOf(holder)} ${does}`;
  return new DStreamError("CHECKPOINT_LOCKED", text, { data: { directory, pid: holder.pid, host: holder.host } });
}

function waitingText(directory: string, holder: Holder, waitMs: number): string {
  return `the checkpoint in ${directory} is locked; waiting up to ${waitMs} ms for the end of ${nameOf(holder)}`;
}

function nameOf({ pid, host }: Holder): string {
  return pid === 0 ? "another driver" : `the driver with process id ${pid} on ${host}`;
}
