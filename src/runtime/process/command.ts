// The command line that loaded a program ends when the program's jobs have ended. It may be of another copy of the package than the
// program's, so that the symbol is what both know.

const key = Symbol.for("dstream.command");

/** How a job ended. */
export interface JobEnd {
  /** With an error, or with a batch that was given up. */
  readonly hasFailed: boolean;
  /** Milliseconds that the rest of the program may take to end by itself. */
  readonly graceMs: number;
}

/** What is told of the jobs of this process. */
export interface Command {
  jobBegan(): void;
  jobEnded(end: JobEnd): void;
}

type Globals = { [key]?: Command };

/** The command that loaded the program; undefined where Node did. */
export function command(): Command | undefined {
  return (globalThis as Globals)[key];
}

export function setCommand(running: Command | undefined): void {
  if (running === undefined) delete (globalThis as Globals)[key];
  else (globalThis as Globals)[key] = running;
}
