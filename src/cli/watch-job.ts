import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { readJobBuild } from "../cluster/local/job-build.ts";
import { shownPath } from "../errors/shown/shown-path.ts";
import { printLine, type Terminal } from "./terminal.ts";
import { WatchedFiles } from "./watched-files.ts";

/** Says to a job's process that it belongs to `dstream run --watch`, and ends with it. */
export const watchedVariable = "DSTREAM_WATCHED";

/** How often a person is told that the job has not ended yet. */
const stillMs = 10_000;
const ownExtension = import.meta.url.slice(import.meta.url.lastIndexOf("."));
const main = fileURLToPath(new URL(`./main${ownExtension}`, import.meta.url));

/**
 * Runs a job in a process of its own, and again when one of its modules changes. The one that runs is stopped as by SIGTERM first, and
 * the next starts when its process has ended, so that checkpoint and ports are free. A job that ends, for whatever reason, is
 * started again with the next change.
 */
export class WatchJob {
  readonly #path: string;
  readonly #args: readonly string[];
  readonly #terminal: Terminal;
  readonly #files = new WatchedFiles((path) => void this.#again(path));
  readonly #over = Promise.withResolvers<number>();
  #child: ChildProcess | undefined;
  #isRestarting = false;
  #isStopping = false;

  /** `args`: of `dstream run`, the file among them. */
  constructor(path: string, args: readonly string[], terminal: Terminal) {
    this.#path = path;
    this.#args = args;
    this.#terminal = terminal;
  }

  /** Until a signal ends it. Returns the exit code: that of the job's last process. */
  async run(): Promise<number> {
    const signals = ["SIGINT", "SIGTERM"] as const;
    const stop = (signal: NodeJS.Signals): void => {
      this.#isStopping = true;
      if (this.#child === undefined) this.#over.resolve(0);
      else this.#child.kill(signal);
    };
    for (const signal of signals) process.on(signal, stop);
    await this.#start();
    try {
      return await this.#over.promise;
    } finally {
      for (const signal of signals) process.off(signal, stop);
      this.#files.close();
    }
  }

  async #start(): Promise<void> {
    const since = Date.now();
    // Of a group of its own: the terminal's interrupt comes once, by way of this process. IPC brings what Node says of its modules.
    const child = spawn(process.execPath, [...process.execArgv, main, "run", ...this.#args], {
      stdio: ["inherit", "inherit", "inherit", "ipc"],
      env: { ...process.env, [watchedVariable]: "1", WATCH_REPORT_DEPENDENCIES: "1" },
      detached: true,
    });
    this.#child = child;
    child.on("message", (message: unknown) => {
      for (const path of reportedFiles(message)) this.#files.add(path, since);
    });
    child.on("exit", (code, signal) => this.#ended(code ?? (signal === "SIGINT" ? 130 : 143)));
    child.on("error", (error) => this.#over.reject(error));
    // A file with an error of syntax is never loaded.
    const build = await readJobBuild(this.#path).catch(() => ({ [this.#path]: "" }));
    for (const path of Object.keys(build)) this.#files.add(path, since);
  }

  #ended(code: number): void {
    this.#child = undefined;
    if (this.#isStopping) this.#over.resolve(code);
    else if (!this.#isRestarting) {
      this.#say(
        `the job ended with code ${code}; it is started again when one of its ${this.#files.count} files changes`,
      );
    }
  }

  async #again(path: string): Promise<void> {
    if (this.#isRestarting || this.#isStopping) return;
    this.#isRestarting = true;
    this.#say(`${shownPath(path)} changed; the job is started again`);
    await this.#stopChild();
    this.#isRestarting = false;
    if (!this.#isStopping) await this.#start();
  }

  async #stopChild(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    const still = setInterval(() => {
      this.#say("the job that runs has not ended yet; interrupt twice to end it at once");
    }, stillMs);
    child.kill("SIGTERM");
    await ended;
    clearInterval(still);
  }

  #say(text: string): void {
    void printLine(this.#terminal.errors, `dstream: ${text}`);
  }
}

/** In the job's process: ends it as by SIGTERM when the one that watches is there no more. */
export function endWithWatcher(): void {
  if (process.env[watchedVariable] === undefined || process.channel === undefined) return;
  delete process.env[watchedVariable];
  process.on("disconnect", () => process.kill(process.pid, "SIGTERM"));
  // It must not keep a job alive that has ended.
  process.channel?.unref();
}

/** The form in which Node reports to `node --watch` what it loads. */
function reportedFiles(message: unknown): string[] {
  const { "watch:import": imported = [], "watch:require": required = [] } = (message ?? {}) as Record<string, unknown>;
  const listed = [imported, required].filter(Array.isArray).flat() as unknown[];
  return listed.flatMap((entry) => {
    if (typeof entry !== "string") return [];
    if (!entry.startsWith("file:")) return entry.startsWith("/") ? [entry] : [];
    return [fileURLToPath(entry)];
  });
}
