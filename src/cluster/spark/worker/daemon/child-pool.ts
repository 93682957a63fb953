import type { ChildProcess } from "node:child_process";
import type { Socket } from "node:net";
import { shownError } from "../../../../errors/shown/shown-error.ts";
import { type ChildEnd, PooledChild } from "../pooled-child.ts";
import { silentExitCode } from "./child.ts";

/** Spares for workers that were in use at the same time; more are started when they are needed. */
const sparesMax = 8;
/** A spare takes a processor while it starts; the task that took the last one goes first. */
const refillMs = 50;

export interface ChildPoolEvents {
  /** The number of children with a connection changed; `wasSilent`: one of them left since because no task came. */
  readonly changed: (connected: number, wasSilent: boolean) => void;
  /** A child ended that had a connection and was not killed here. Its connection is still open. */
  readonly died: (child: PooledChild, end: ChildEnd, connection: Socket) => void;
}

/** The daemon's children: some have a connection, some are ready for the next one. */
export class ChildPool {
  readonly #start: () => ChildProcess;
  readonly #events: ChildPoolEvents;
  readonly #children = new Map<number, PooledChild>();
  readonly #spares: PooledChild[] = [];
  /** The largest number of children with a connection at the same time. */
  #peak = 0;
  #refill: NodeJS.Timeout | undefined;
  #wasSilent = false;

  constructor(start: () => ChildProcess, events: ChildPoolEvents) {
    this.#start = start;
    this.#events = events;
    this.#addSpares(1);
  }

  /** Gives a connection to a child. */
  hand(socket: Socket): void {
    const child = this.#spares.shift() ?? this.#add();
    this.#peak = Math.max(this.#peak, this.#connected);
    this.#wasSilent = false;
    this.#changed();
    child.give(socket);
    this.#refillSoon();
  }

  /** Kills a child; processes that are none of its children are let alone. */
  kill(pid: number): void {
    this.#children.get(pid)?.kill();
  }

  killAll(): void {
    clearTimeout(this.#refill);
    for (const child of this.#children.values()) child.kill();
  }

  get #connected(): number {
    return this.#children.size - this.#spares.length;
  }

  #refillSoon(): void {
    this.#refill ??= setTimeout(() => {
      this.#refill = undefined;
      const wanted = Math.max(1, Math.min(this.#peak, sparesMax) - this.#connected);
      this.#addSpares(wanted - this.#spares.length);
    }, refillMs);
  }

  #addSpares(count: number): void {
    for (let i = 0; i < count; i++) {
      const child = this.#add();
      if (child.pid !== undefined) this.#spares.push(child);
    }
  }

  #add(): PooledChild {
    const child = new PooledChild(this.#start());
    const { pid, process: started } = child;
    // Without a pid it could not be started; it closes the connection that it is given.
    if (pid !== undefined) this.#children.set(pid, child);
    started.on("error", (error) => process.stderr.write(`dstream worker daemon: ${shownError(error)}\n`));
    started.on("exit", (code) => this.#remove(child, code === silentExitCode));
    void child.ended.then((end) => {
      const { connection, wasKilled } = child;
      if (connection === undefined) return;
      if (wasKilled || end.code === 0 || end.code === silentExitCode) connection.destroy();
      else this.#events.died(child, end, connection);
    });
    return child;
  }

  #remove(child: PooledChild, wasSilent: boolean): void {
    if (child.pid !== undefined) this.#children.delete(child.pid);
    const at = this.#spares.indexOf(child);
    // A spare that ends by itself is not replaced before it is needed: the next one might end, too, and so on.
    if (at >= 0) this.#spares.splice(at, 1);
    else if (!wasSilent) this.#refillSoon();
    this.#wasSilent ||= wasSilent;
    if (wasSilent && this.#connected === 0) this.killAll();
    this.#changed();
  }

  #changed(): void {
    this.#events.changed(this.#connected, this.#wasSilent);
  }
}
