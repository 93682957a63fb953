import type { HostProcess, RunOptions } from "../../src/runtime/process/this-process.ts";

/** A process that is an object: several of them are in this one. */
export interface PlainProcess extends HostProcess {
  /** As SIGTERM would. */
  interrupt(): void;
  /** Nobody sees it any more. */
  die(): void;
  /** Whether its exit code says that something failed. */
  readonly hasFailed: boolean;
  /** What it wrote to standard error, a line each. */
  readonly lines: readonly string[];
}

/** Processes of one machine, which see one another. */
export class Machine {
  readonly #running = new Set<number>();
  #lastPid = 0;

  start(runOptions: RunOptions = {}, environment: Readonly<Record<string, string>> = {}): PlainProcess {
    const pid = ++this.#lastPid;
    this.#running.add(pid);
    const listeners = new Set<() => void>();
    const shared = new Map<string, unknown>();
    let hasFailed = false;
    const lines: string[] = [];
    return {
      role: undefined,
      runOptions,
      command: undefined,
      activeContext: undefined,
      environment,
      program: ["/job.ts"],
      thread: 0,
      heldLocks: new Set(),
      lines,
      get hasFailed() {
        return hasFailed;
      },
      identity: () => ({ host: "machine", pid, startedAt: "then", space: "here" }),
      isRunning: (other) => this.#running.has(other.pid),
      onInterrupt(stop) {
        listeners.add(stop);
        return () => listeners.delete(stop);
      },
      failed() {
        hasFailed = true;
      },
      tell: (line) => void lines.push(line),
      shared<T>(what: string, make: () => T): T {
        if (!shared.has(what)) shared.set(what, make());
        return shared.get(what) as T;
      },
      interrupt() {
        for (const stop of listeners) stop();
      },
      die: () => void this.#running.delete(pid),
    };
  }
}
