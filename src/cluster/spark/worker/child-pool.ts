import type { ChildProcess } from "node:child_process";
import type { Socket } from "node:net";
import { shownError } from "../../../errors/shown-error.ts";
import { handedConnection } from "./child.ts";

/** Spares for workers that were in use at the same time; more are started when they are needed. */
const sparesMax = 8;
/** A spare takes a processor while it starts; the task that took the last one goes first. */
const refillMs = 50;

/** The daemon's children: some have a connection, some are ready for the next one. */
export class ChildPool {
  readonly #start: () => ChildProcess;
  readonly #changed: (connected: number) => void;
  readonly #children = new Map<number, ChildProcess>();
  readonly #spares: ChildProcess[] = [];
  /** The largest number of children with a connection at the same time. */
  #peak = 0;
  #refill: NodeJS.Timeout | undefined;

  /** `changed` is told the number of children with a connection. */
  constructor(start: () => ChildProcess, changed: (connected: number) => void) {
    this.#start = start;
    this.#changed = changed;
    this.#addSpares(1);
  }

  /** Gives a connection to a child. */
  hand(socket: Socket): void {
    const child = this.#spares.shift() ?? this.#add();
    this.#peak = Math.max(this.#peak, this.#connected);
    this.#changed(this.#connected);
    // A child that died meanwhile closes the connection with it, which Spark sees.
    child.send(handedConnection, socket, (error) => {
      if (error !== null) socket.destroy();
    });
    this.#refillSoon();
  }

  /** Kills a child; processes that are none of its children are let alone. */
  kill(pid: number): void {
    this.#children.get(pid)?.kill("SIGKILL");
  }

  killAll(): void {
    clearTimeout(this.#refill);
    for (const child of this.#children.values()) child.kill("SIGKILL");
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

  #add(): ChildProcess {
    const child = this.#start();
    const { pid } = child;
    // Without a pid it could not be started; sending it a connection fails.
    if (pid !== undefined) this.#children.set(pid, child);
    child.on("error", (error) => process.stderr.write(`dstream worker daemon: ${shownError(error)}\n`));
    child.on("exit", () => this.#remove(child));
    return child;
  }

  #remove(child: ChildProcess): void {
    if (child.pid !== undefined) this.#children.delete(child.pid);
    const at = this.#spares.indexOf(child);
    // A spare that ends by itself is not replaced before it is needed: the next one might end, too, and so on.
    if (at >= 0) this.#spares.splice(at, 1);
    else this.#refillSoon();
    this.#changed(this.#connected);
  }
}
