import { type ChildProcess, fork } from "node:child_process";
import { existsSync, type FSWatcher, rmSync, watch } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { DStreamError } from "../../errors/dstream-error.ts";
import { fromWire, type WireError } from "../../errors/error-wire.ts";
import { unwrap, wrap } from "../../runtime/envelope.ts";
import type { BatchActions, QueuedJob, TestContextSpec } from "../test-context.ts";
import type { ArmedKill } from "./armed-kill.ts";
import type { FailingAttempt } from "./plan-lives.ts";
import { notPassed } from "./run-life.ts";

// A life that ends by a kill is lived in a process of its own, which is killed as the system kills it: what it had in memory, and
// what it had not made durable, is gone.

/** What the process is told. */
export interface KilledLife {
  readonly spec: TestContextSpec;
  readonly queues: readonly QueuedJob["queues"][];
  /** Of its clock. */
  readonly now: number;
  readonly until: number;
  readonly fails: readonly FailingAttempt[];
  /** Whether it is waited for between two batches. */
  readonly isWatched: boolean;
}

/** What it tells. */
export type FromKilled =
  | { readonly type: "rows"; readonly index: number; readonly rows: readonly unknown[]; readonly time: number }
  | { readonly type: "failed" }
  /** It waits between two batches, to be told to go on. */
  | { readonly type: "between" }
  | { readonly type: "ended" }
  | { readonly type: "error"; readonly error: WireError };

/** What it is told then. */
export const goOn = "go on";

const ownExtension = import.meta.url.slice(import.meta.url.lastIndexOf("."));

/**
 * Resolves when the process was killed.
 *
 * @throws what ended the job before; INVALID_OPTION when the kill never came; VALUE_NOT_ENCODABLE for rows of functions or symbols.
 */
export async function runKilledLife(
  life: KilledLife & { readonly kill: ArmedKill },
  collect: BatchActions["collect"],
  between: () => Promise<void> = async () => {},
): Promise<void> {
  const { kill, ...told } = life;
  const { batchTime, point, meetAt } = kill;
  const killChild = (): void => void child.kill("SIGKILL");
  const meeting = whenMet(meetAt, killChild);
  const child = start();
  process.once("exit", killChild);
  const giveUp = (error: Error): void => {
    failure = error;
    killChild();
  };
  let [failure, failed, hasEnded]: [Error | undefined, number, boolean] = [undefined, 0, false];
  child.on("message", (received: unknown) => {
    const message = unwrap<FromKilled>(received);
    if (message === undefined) return;
    if (message.type === "rows") void collect(message.index, message.rows, message.time);
    else if (message.type === "failed") failed++;
    else if (message.type === "between") void between().then(() => child.send(wrap(goOn)), giveUp);
    else if (message.type === "ended") hasEnded = true;
    else failure = fromWire(message.error);
  });
  try {
    send(child, told);
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
      child.once("close", (...end) => resolve(end));
    });
    if (failure !== undefined) throw failure;
    if (hasEnded) throw notPassed(`kill("${point}")`, batchTime, "does not pass this point");
    if (signal !== "SIGKILL") throw endedOtherwise(signal ?? code, batchTime);
    if (failed < life.fails.length) throw notPassed("fail()", batchTime, "was killed before");
  } finally {
    killChild();
    process.removeListener("exit", killChild);
    meeting.close();
    rmSync(meetAt, { force: true });
  }
}

function start(): ChildProcess {
  const main = fileURLToPath(new URL(`./killed-life-main${ownExtension}`, import.meta.url));
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  return fork(main, [], {
    env,
    execArgv: process.execArgv.filter((flag) => !/^--(test|watch|inspect)/.test(flag)),
    serialization: "advanced",
    // A runner of tests reads the standard output of the files that it runs.
    stdio: ["ignore", 2, 2, "ipc"],
  });
}

function send(child: ChildProcess, told: KilledLife): void {
  try {
    child.send(wrap(told));
  } catch (cause) {
    const text = "rows of a test whose job is killed go to another process, and there is one that cannot";
    throw new DStreamError("VALUE_NOT_ENCODABLE", text, { cause });
  }
}

/** A task of another process that came to the point waits there for the driver's death. */
function whenMet(meetAt: string, killChild: () => void): FSWatcher {
  return watch(dirname(meetAt), () => {
    if (existsSync(meetAt)) killChild();
  });
}

function endedOtherwise(end: NodeJS.Signals | number | null, batchTime: number): DStreamError {
  const text = `the process of a test that was to be killed in batch ${batchTime} ended before, with ${end}`;
  return new DStreamError("WORKER_DIED", text, { data: { batchTime }, retryable: false });
}
