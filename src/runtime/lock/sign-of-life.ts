import { Worker } from "node:worker_threads";
import type { OpenFile } from "../files/file-system.ts";
import type { Timers } from "../machine/timers.ts";

/** Digits of the count, so that a file keeps its length. */
const digits = 10;

/** What stopping waits for: a beat that is being written. */
const stopMs = 5_000;

export const firstBeat: string = "0".repeat(digits);

/**
 * All that the thread runs. It needs no event loop of its own: it sleeps until it is told to end. A beat that cannot be written is not
 * the end: what is written next says more. It is synced so that other hosts see it.
 */
const beating = `
const { workerData: { fd, position, beatMs, flag } } = require("node:worker_threads");
const { fdatasyncSync, writeSync } = require("node:fs");
for (let beat = 1; Atomics.wait(flag, 0, 0, beatMs) === "timed-out"; beat++) {
  try {
    writeSync(fd, String(beat).padStart(${digits}, "0"), position);
    fdatasyncSync(fd);
  } catch {}
}`;

/**
 * A number in a file that counts up while this process runs, so that others, on machines whose processes nobody here can see, know
 * that it does. A thread of its own writes it, where the file can be written by one: a function of the program that computes for long
 * holds the event loop up, not this. A process that is killed or stopped shows nothing any more. It does not keep a process alive.
 */
export class SignOfLife {
  readonly #flag = new Int32Array(new SharedArrayBuffer(4));
  readonly #timers: Timers;
  readonly #ended: Promise<void>;
  /** Ends the pause between two beats that no thread writes. */
  #wake: () => void = () => {};

  /** `position`: where the digits of `firstBeat` are. The file must be open until `stop` has resolved. */
  constructor(file: OpenFile, position: number, beatMs: number, timers: Timers) {
    this.#timers = timers;
    this.#ended = this.#run(file, position, beatMs);
  }

  /** Resolves when nothing is written any more: true, or false when a write takes too long to wait for. */
  async stop(): Promise<boolean> {
    Atomics.store(this.#flag, 0, 1);
    Atomics.notify(this.#flag, 0);
    this.#wake();
    const waiting = new AbortController();
    const late = this.#timers.delay(stopMs, waiting.signal).then(
      () => false,
      () => false,
    );
    try {
      return await Promise.race([this.#ended.then(() => true), late]);
    } finally {
      waiting.abort();
    }
  }

  async #run(file: OpenFile, position: number, beatMs: number): Promise<void> {
    // A thread takes some milliseconds to make, in which its maker can wait for the disk.
    await this.#timers.turn();
    if (this.#isStopped()) return;
    const thread = this.#startThread(file.fd, position, beatMs);
    if (thread === undefined) return this.#beatHere(file, position, beatMs);
    await endOf(thread).catch(() => this.#beatHere(file, position, beatMs));
  }

  /** Undefined for a file that no other thread can write, and where the program may not make threads. */
  #startThread(fd: number | undefined, position: number, beatMs: number): Worker | undefined {
    if (fd === undefined) return undefined;
    const workerData = { fd, position, beatMs, flag: this.#flag };
    try {
      // None of the process's own options: they name modules that would be loaded first.
      const thread = new Worker(beating, { eval: true, workerData, execArgv: [], env: {} });
      thread.unref();
      return thread;
    } catch {
      return undefined;
    }
  }

  async #beatHere(file: OpenFile, position: number, beatMs: number): Promise<void> {
    for (let beat = 1; await this.#passed(beatMs); beat++) {
      await file.write(Buffer.from(String(beat).padStart(digits, "0")), position).catch(() => {});
    }
  }

  /** Whether so long has passed before it was stopped. */
  #passed(ms: number): Promise<boolean> {
    if (this.#isStopped()) return Promise.resolve(false);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = this.#timers.after(ms, () => resolve(true)).unref();
    this.#wake = () => {
      timer.cancel();
      resolve(false);
    };
    return promise;
  }

  #isStopped(): boolean {
    return this.#flag[0] !== 0;
  }
}

/** Resolves when a thread has ended as it should. */
function endOf(thread: Worker): Promise<unknown> {
  return new Promise((resolve, reject) => thread.once("exit", resolve).once("error", reject));
}
