import type { HostProcess, RunOptions, WorkerRole } from "../../../src/runtime/process/this-process.ts";
import type { SimProcess } from "./sim-process.ts";

/** A thread of a simulated process, as what runs in it sees the process: with a role and a context of its own. */
export class SimThread implements HostProcess {
  readonly role: WorkerRole;
  readonly thread: number;
  readonly command = undefined;
  readonly environment = {};
  readonly program = ["/job.ts"];
  runOptions: RunOptions = {};
  activeContext: object | undefined;
  readonly #process: SimProcess;

  constructor(process: SimProcess, thread: number, role: WorkerRole) {
    this.#process = process;
    this.thread = thread;
    this.role = role;
  }

  get heldLocks(): Set<string> {
    return this.#process.heldLocks;
  }

  identity() {
    return this.#process.identity();
  }

  isRunning(other: Parameters<HostProcess["isRunning"]>[0]): boolean | undefined {
    return this.#process.isRunning(other);
  }

  onInterrupt(): () => void {
    return () => {};
  }

  failed(): void {}

  tell(line: string): void {
    this.#process.tell(line);
  }

  shared<T>(what: string, make: () => T): T {
    return this.#process.shared(`${this.thread} ${what}`, make);
  }
}
