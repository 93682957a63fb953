import type { Command, JobEnd } from "../runtime/process/this-process.ts";
import { AlreadyTold } from "./arguments.ts";

/** How the command ends that ran a program. */
export interface ProgramOutcome {
  readonly exitCode: number;
  /** What a person should know of it; "" for an end as it should be. */
  readonly remark: string;
}

/** Node's own code for a module that waits for ever. */
const unsettledExitCode = 13;

/**
 * Finds out when a program that was run for its jobs has ended. Something that the program opened (a server, a timer, a connection)
 * would keep the process alive for ever, and a supervisor would start nothing again. So the end of the last job counts:
 *
 * - When the program's module was evaluated after that, nothing is left to be done.
 * - When it was evaluated before, functions of the program may go on after the job (`main()` that nobody awaits). They have the
 *   job's `gracefulStopTimeout`, and so does a module that is still being evaluated; the process ends sooner when nothing keeps it.
 *   Where nothing of the program waits for the job, it is a second.
 * - A program without a job runs as it would by Node.
 */
export class ProgramEnd implements Command {
  readonly #over = Promise.withResolvers<void>();
  #running = 0;
  #last: JobEnd | undefined;
  /** Errors of jobs that standard error has already. */
  readonly #told = new Set<unknown>();
  #isEvaluated = false;
  #isIdle = false;
  #timer: NodeJS.Timeout | undefined;

  jobBegan(): void {
    this.#running++;
    clearTimeout(this.#timer);
  }

  jobEnded(end: JobEnd): void {
    this.#running--;
    this.#last = end;
    if (end.told !== undefined) this.#told.add(end.told);
    if (this.#running > 0) return;
    // It keeps nothing alive itself.
    this.#timer = setTimeout(() => this.#over.resolve(), end.graceMs).unref();
  }

  /** Resolves when the program has ended, whose module is being evaluated. @throws what the module throws; AlreadyTold for what a job told. */
  async of(evaluation: Promise<unknown>): Promise<ProgramOutcome> {
    const idle = (): void => {
      this.#isIdle = true;
      this.#over.resolve();
    };
    process.on("beforeExit", idle);
    evaluation.then(
      () => {
        this.#isEvaluated = true;
        if (this.#last !== undefined && this.#running === 0) this.#over.resolve();
      },
      (error: unknown) => this.#over.reject(this.#told.has(error) ? new AlreadyTold("", { cause: error }) : error),
    );
    try {
      await this.#over.promise;
    } finally {
      process.off("beforeExit", idle);
      clearTimeout(this.#timer);
    }
    return { exitCode: this.#exitCode, remark: this.#remark };
  }

  get #exitCode(): number {
    if (this.#last === undefined) return this.#isEvaluated ? 0 : unsettledExitCode;
    return this.#last.hasFailed ? 1 : 0;
  }

  get #remark(): string {
    if (this.#isIdle && this.#isEvaluated) return "";
    if (this.#isIdle)
      return "the file waits at its top level for something that never comes (an await that never settles)";
    if (this.#isEvaluated || this.#last === undefined) return "";
    return `the job ended, and the file was still waiting at its top level ${this.#last.graceMs} ms later`;
  }
}
