import { existsSync, writeFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import { onCrashPoint } from "../../runtime/crash-points.ts";
import { workerRole } from "../../runtime/process/role.ts";
import type { StreamingContext } from "../../streaming/context/streaming-context.ts";
import { taskScope } from "../../task/context/task-scope.ts";
import type { KillMoment } from "./plan-lives.ts";

export interface ArmedKill extends KillMoment {
  /** Attempts at the batch that are made to fail before. */
  readonly failsBefore: number;
  /** A file by which a task in another process than the driver's says that it is there, and waits for the driver's death. */
  readonly meetAt: string;
}

const pollMs = 20;
/** A driver that is there no more does not take the file away. */
const waitMs = 30_000;

/** Kills the job's process at a crash point of a batch: the driver with its threads. Set in the driver and in every worker. */
export function armKill({ point, batchTime, failsBefore, meetAt }: ArmedKill, ssc: StreamingContext): void {
  let running: number | undefined;
  ssc.addStreamingListener({
    onBatchStarted({ batchInfo }) {
      running = batchInfo.batchTime;
    },
  });
  onCrashPoint((reached) => {
    const task = taskScope();
    if (reached !== point || (task?.batchTime ?? running) !== batchTime) return;
    if (task !== undefined && task.attempt < failsBefore) return;
    if (workerRole() !== undefined && isMainThread) waitForDeath(meetAt);
    process.kill(process.pid, "SIGKILL");
  });
}

/** In an executor: the driver is to die while this task is where it is. */
function waitForDeath(meetAt: string): void {
  writeFileSync(meetAt, "");
  const deadline = performance.now() + waitMs;
  while (existsSync(meetAt) && performance.now() < deadline) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pollMs);
  }
}
