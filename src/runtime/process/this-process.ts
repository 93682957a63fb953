import { threadId } from "node:worker_threads";
import { showPathsFrom } from "../../errors/shown/shown-path.ts";
import type { JobRuntime } from "../job-runtime.ts";
import type { LogSettings } from "../log/standard-logger.ts";
import { isRunning, type ProcessIdentity, processIdentity } from "./process-identity.ts";

// What a process has once stands here and nowhere else. Jobs do not look for it: each is given the process that it runs in
// (JobRuntime), so that several of them, each with a process of its own making, can run in one.

/** Set by a worker's entry before it loads the job's file, which runs in the driver and again in every worker (decision D2). */
export interface WorkerRole {
  /** Called by `start()` in place of running: hands over what the file built, and what it has of the world (JobRuntime). */
  register(graph: unknown, runtime: JobRuntime): void;
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
  /** The job's page. */
  readonly ui?: { readonly port?: number };
  /** A folder for the job's events. */
  readonly eventLog?: string;
  /** Of a job without a logger of its own. */
  readonly log?: LogSettings;
}

/** How a job ended. */
export interface JobEnd {
  /** With an error, or with a batch that was given up. */
  readonly hasFailed: boolean;
  /** The error that it ended with, where its log has said so on standard error. */
  readonly told?: unknown;
  /** Milliseconds that the rest of the program may take to end by itself. */
  readonly graceMs: number;
}

/** The command line that loaded a program, and ends when the program's jobs have ended. */
export interface Command {
  jobBegan(): void;
  jobEnded(end: JobEnd): void;
}

/** The process that a job runs in. */
export interface HostProcess {
  /** Undefined in a driver. */
  readonly role: WorkerRole | undefined;
  runOptions: RunOptions;
  /** The command that loaded the program; undefined where Node did. */
  command: Command | undefined;
  /** The context that was started and has not ended; in a worker the one whose graph it runs. */
  activeContext: object | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The program's file, and the arguments that it was started with. */
  readonly program: readonly string[];
  /** The thread that this is. */
  readonly thread: number;
  /** Tokens of the folder locks that it holds. */
  readonly heldLocks: Set<string>;
  identity(): ProcessIdentity;
  /** Whether another process runs; undefined when that cannot be seen from here. */
  isRunning(other: ProcessIdentity): boolean | undefined;
  /**
   * The first SIGINT or SIGTERM calls `stop`; a second one ends the process at once, with the signal's exit code. Returns the function
   * that stops listening.
   */
  onInterrupt(stop: () => void): () => void;
  /** Says by the exit code that something failed, unless the program has decided on one. */
  failed(): void;
  /** Writes a line where a person who started the process reads it. That it cannot be written ends nothing. */
  tell(text: string): void;
  /** What its jobs share, such as sessions: made when it is first asked for. */
  shared<T>(what: string, make: () => T): T;
}

// Two copies of the package in one process (the command line's and the program's, for one) know these by their symbols.
const roleKey = Symbol.for("dstream.worker-role");
const optionsKey = Symbol.for("dstream.run-options");
const commandKey = Symbol.for("dstream.command");
const contextKey = Symbol.for("dstream.active-context");
const locksKey = Symbol.for("dstream.held-locks");

interface Globals {
  [roleKey]?: WorkerRole | undefined;
  [optionsKey]?: RunOptions;
  [commandKey]?: Command | undefined;
  [contextKey]?: object | undefined;
  [locksKey]?: Set<string>;
}
const globals = globalThis as Globals;
globals[locksKey] ??= new Set();
/** Of this copy alone: another version's would be of no use. */
const shared = new Map<string, unknown>();

const ignore = (): void => {};
const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

/** The process that this is. */
export const thisProcess: HostProcess = {
  get role() {
    return globals[roleKey];
  },
  get runOptions() {
    return globals[optionsKey] ?? {};
  },
  set runOptions(options) {
    globals[optionsKey] = options;
  },
  get command() {
    return globals[commandKey];
  },
  set command(command) {
    globals[commandKey] = command;
  },
  get activeContext() {
    return globals[contextKey];
  },
  set activeContext(context) {
    globals[contextKey] = context;
  },
  get environment() {
    return process.env;
  },
  get program() {
    return process.argv.slice(1);
  },
  thread: threadId,
  heldLocks: globals[locksKey],
  identity: processIdentity,
  isRunning,
  onInterrupt(stop) {
    let isStopping = false;
    const listener = (signal: NodeJS.Signals): void => {
      if (isStopping) process.exit(exitCodes[signal as keyof typeof exitCodes]);
      isStopping = true;
      stop();
    };
    for (const signal of Object.keys(exitCodes)) process.on(signal, listener);
    return () => {
      for (const signal of Object.keys(exitCodes)) process.off(signal, listener);
    };
  },
  failed() {
    process.exitCode ??= 1;
  },
  tell(text) {
    const { stderr } = process;
    // When its reader is gone each write is an error, which would end the process, and consoles do not catch it either.
    if (!stderr.listeners("error").includes(ignore)) stderr.on("error", ignore);
    stderr.write(`${text}\n`);
  },
  shared<T>(what: string, make: () => T): T {
    if (!shared.has(what)) shared.set(what, make());
    return shared.get(what) as T;
  },
};

/** What makes a process a worker. */
export interface WorkerStart extends WorkerRole {
  readonly runOptions: RunOptions;
  /** The job's file, and the arguments that it gets. */
  readonly program: readonly [file: string, ...args: string[]];
  /** Variables that it gets besides its own. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The driver's working directory, for workers elsewhere, which have none of the program's. */
  readonly workingDirectory?: string;
}

/** This process, or thread, is a worker from now on, and about to load the job's file. */
export function becomeWorker({ runOptions, program, environment, workingDirectory, register }: WorkerStart): void {
  globals[roleKey] = { register };
  globals[contextKey] = undefined;
  thisProcess.runOptions = runOptions;
  Object.assign(process.env, environment);
  process.argv = [process.execPath, ...program];
  if (workingDirectory !== undefined) showPathsFrom(workingDirectory);
}

/** What workers on other machines have to know of the run options: not how Spark is reached, since a token may be in the master. */
export function workerRunOptions({
  master: _,
  connectCa: __,
  ui: ___,
  eventLog: ____,
  log: _____,
  ...others
}: RunOptions): RunOptions {
  return others;
}
