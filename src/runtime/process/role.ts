// A job's file runs in the driver and again in every worker (decision D2). Which of the two this is, and what a worker does
// with the graph it built, is process-wide by nature; the symbol keeps it common to several copies of the package.

const roleKey = Symbol.for("dstream.worker-role");
const optionsKey = Symbol.for("dstream.run-options");

/** Set by a worker's entry before it loads the job's file. */
export interface WorkerRole {
  /** Called by `start()` in place of running: hands over what the file built. */
  register(job: unknown): void;
}

/** What the command line decided for the job it is about to load. */
export interface RunOptions {
  readonly master?: string;
  /** Path of a file with the authorities to believe of a Spark master. */
  readonly connectCa?: string;
  readonly brokers?: readonly string[];
  readonly checkpointDir?: string;
  /** Milliseconds that the start waits for another driver of the checkpoint. */
  readonly lockWait?: number;
  /** Stop gracefully after this many batches. */
  readonly batches?: number;
}

type Globals = { [roleKey]?: WorkerRole; [optionsKey]?: RunOptions };
const globals = globalThis as Globals;

export function workerRole(): WorkerRole | undefined {
  return globals[roleKey];
}

export function becomeWorker(role: WorkerRole): void {
  globals[roleKey] = role;
}

export function runOptions(): RunOptions {
  return globals[optionsKey] ?? {};
}

/** What workers on other machines have to know of them: not how Spark is reached, since a token may be in the master. */
export function workerRunOptions(): RunOptions {
  const { master: _, connectCa: __, ...others } = runOptions();
  return others;
}

export function setRunOptions(options: RunOptions): void {
  globals[optionsKey] = options;
}
