import type { JobBuild } from "./job-build.ts";
import type { FromWorker, ToWorker, WorkerData } from "./messages.ts";

// What a cluster of threads needs of threads. Those of Node are one kind of them; a simulation has workers that are not threads. What is
// posted arrives in order, as a structured clone; buffers that are transferred belong to the receiver.

/** The driver's end of a worker. */
export interface WorkerPort {
  post(message: ToWorker, transfer: readonly ArrayBuffer[]): void;
  /** Ends the worker at once, whatever it does. */
  terminate(): void;
}

/** What the driver hears of a worker; `exited` comes last. */
export interface WorkerEvents {
  message(message: FromWorker): void;
  /** Something was thrown that nobody caught: the worker ends. */
  failed(error: unknown): void;
  exited(code: number): void;
}

/** By which a context's options bring workers that are no threads. Programs have no name for it. */
export const workersKey: unique symbol = Symbol("dstream.workers");

/** Where workers come from, and what they load. */
export interface Workers {
  /** The modules of a job as they are now, by which workers find out whether they load the same. @throws INVALID_OPTION */
  buildOf(jobFile: string): Promise<JobBuild>;
  /** A module that is no longer what it was when `build` was read; undefined when none is. */
  changedModule(build: JobBuild): Promise<string | undefined>;
  start(data: WorkerData, events: WorkerEvents): WorkerPort;
}

/** The worker's own end. */
export interface DriverPort {
  post(message: FromWorker, transfer: readonly ArrayBuffer[]): void;
  /** Called once. Messages do not keep the worker alive before `stay`. */
  listen(listener: (message: ToWorker) => void): void;
  /** From now on the worker lives until it exits. */
  stay(): void;
  exit(): void;
}
