import type { HostProcess, RunOptions } from "../../../src/runtime/process/this-process.ts";
import type { SimHost } from "./sim-host.ts";

/** A process on a simulated host. What it has asked for comes back to it only while it lives; while it is paused, it waits. */
export class SimProcess implements HostProcess {
  readonly name: string;
  readonly host: SimHost;
  readonly pid: number;
  readonly role = undefined;
  runOptions: RunOptions = {};
  command = undefined;
  activeContext: object | undefined;
  readonly environment = {};
  readonly program = ["/job.ts"];
  readonly thread = 0;
  readonly heldLocks = new Set<string>();
  readonly #atEnd = new Set<() => void>();
  readonly #shared = new Map<string, unknown>();
  readonly #startedAt: number;
  #state: "running" | "paused" | "dead" = "running";
  #waiting: (() => void)[] = [];

  constructor(host: SimHost, name: string, pid: number) {
    this.host = host;
    this.name = name;
    this.pid = pid;
    this.#startedAt = host.world.scheduler.now;
  }

  get isAlive(): boolean {
    return this.#state !== "dead";
  }

  /** Alive, and not paused. */
  get isAwake(): boolean {
    return this.#state === "running";
  }

  /** Runs `callback` in this process: when it goes on, or never. */
  deliver(callback: () => void): void {
    if (this.#state === "running") callback();
    else if (this.#state === "paused") this.#waiting.push(callback);
  }

  /** Runs when the process dies. Returns what takes that back. */
  atEnd(callback: () => void): () => void {
    this.#atEnd.add(callback);
    return () => this.#atEnd.delete(callback);
  }

  /** As SIGKILL does: nothing of it runs any more, and the system closes what it had open. */
  kill(): void {
    if (this.#state === "dead") return;
    this.#state = "dead";
    this.#waiting = [];
    this.host.world.trace(this.name, "dies");
    this.host.processes.delete(this.pid);
    for (const callback of this.#atEnd) callback();
    this.#atEnd.clear();
  }

  /** As SIGSTOP does. */
  pause(): void {
    if (this.#state !== "running") return;
    this.#state = "paused";
    this.host.world.trace(this.name, "stands still");
  }

  /** As SIGCONT does: all that came meanwhile is there at once. */
  resume(): void {
    if (this.#state !== "paused") return;
    this.#state = "running";
    this.host.world.trace(this.name, "goes on");
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const callback of waiting) this.host.world.scheduler.after(0, () => this.deliver(callback));
  }

  identity() {
    const { name, boots } = this.host;
    return { host: name, pid: this.pid, startedAt: `${this.#startedAt}`, space: `${name}/${boots}` };
  }

  isRunning(other: { readonly pid: number; readonly space?: string | undefined }): boolean | undefined {
    const { name, boots, processes } = this.host;
    return other.space === `${name}/${boots}` ? processes.has(other.pid) : undefined;
  }

  onInterrupt(): () => void {
    return () => {};
  }

  failed(): void {}

  tell(line: string): void {
    this.host.world.trace(this.name, line);
  }

  shared<T>(what: string, make: () => T): T {
    if (!this.#shared.has(what)) this.#shared.set(what, make());
    return this.#shared.get(what) as T;
  }
}
