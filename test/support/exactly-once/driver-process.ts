import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { fromSources } from "../from-sources.ts";
import { endProcess, startProcess } from "../processes.ts";

const program = fileURLToPath(new URL("../../soak/soak-job.ts", import.meta.url));

/** The job of running totals in a process of its own, one life after the other. */
export class DriverProcess {
  readonly #options: object;
  #child: ChildProcess;
  #output: Promise<string>;

  constructor(options: object) {
    this.#options = options;
    [this.#child, this.#output] = this.#start();
  }

  /** @throws when it has ended by itself. */
  check(): void {
    if (this.#child.exitCode !== null) throw new Error(`the job ended with exit code ${this.#child.exitCode}`);
  }

  async restart(): Promise<void> {
    await this.kill();
    [this.#child, this.#output] = this.#start();
  }

  kill(): Promise<void> {
    return endProcess(this.#child, "SIGKILL");
  }

  /** Lets it end what it has begun. */
  async end(): Promise<void> {
    const exit = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    assert.deepEqual(await exit, [0, null], await this.#output);
  }

  #start(): [ChildProcess, Promise<string>] {
    const child = startProcess(process.execPath, [fromSources, program, JSON.stringify(this.#options)]);
    child.stdout?.resume();
    return [child, text(child.stderr as NonNullable<typeof child.stderr>)];
  }
}
