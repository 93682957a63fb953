import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { FlumeReceiverOptions } from "dstream/flume-receiver";
import { fromSources } from "../from-sources.ts";
import { endProcess, startProcess } from "../processes.ts";

interface ReceiverEntry extends FlumeReceiverOptions {
  readonly file: string;
}

/** A job that may be killed and started again. */
export class JobProcess {
  readonly #folder: string;
  readonly #receivers: readonly ReceiverEntry[];
  #process: ChildProcess | undefined;
  /** What it prints to standard error. */
  errors = "";

  constructor(t: TestContext, folder: string, receivers: readonly ReceiverEntry[]) {
    this.#folder = folder;
    this.#receivers = receivers;
    t.after(() => this.kill());
  }

  async start(): Promise<void> {
    const file = join(this.#folder, "job.json");
    writeFileSync(file, JSON.stringify({ batchInterval: 50, receivers: this.#receivers }));
    const args = [fromSources, "test/integration/programs/flume-job.ts", file];
    const child = startProcess(process.execPath, args, { env: { DSTREAM_LOG_LEVEL: "warn" } });
    this.#process = child;
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.errors += text;
    });
    let output = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    await until(
      () => output.includes("listening"),
      () => `the job did not listen: ${this.errors}`,
    );
  }

  async kill(): Promise<void> {
    if (this.#process !== undefined) await endProcess(this.#process, "SIGKILL");
  }
}

export async function until(isSo: () => boolean, otherwise: () => string): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!isSo()) {
    assert.ok(performance.now() < deadline, otherwise());
    await delay(20);
  }
}

/** The numbers that a job has written, as they came. */
export function numbersIn(file: string): number[] {
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1).map(Number) : [];
}

/** Waits until a job has written all numbers below `count`, and checks what came. Returns how many came again. */
export async function assertDelivered(file: string, count: number, agentLog: string): Promise<number> {
  const log = (): string => (existsSync(agentLog) ? readFileSync(agentLog, "utf8").slice(-2_000) : "");
  await until(
    () => new Set(numbersIn(file)).size >= count,
    () => `${new Set(numbersIn(file)).size} of ${count} events came; the agent's log ends with\n${log()}`,
  );
  const numbers = numbersIn(file);
  const firsts = [...new Set(numbers)];
  assert.deepEqual(
    firsts,
    Array.from({ length: count }, (_, i) => i),
  );
  return numbers.length - count;
}

/** A source of the numbers below `count`. */
export function sequence(name: string, channel: string, count: number): Record<string, string | number> {
  const own = { type: "seq", totalEvents: count, batchSize: 100, channels: channel };
  return Object.fromEntries(Object.entries(own).map(([key, value]) => [`sources.${name}.${key}`, value]));
}
