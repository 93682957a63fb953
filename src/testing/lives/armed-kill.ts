import { existsSync, writeFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";
import type { StreamingListener } from "../../listeners/streaming-listener.ts";
import type { JobRuntime } from "../../runtime/job-runtime.ts";
import { thisProcess } from "../../runtime/process/this-process.ts";
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

/** Kills the job's process at a crash point of a batch: the driver with its threads. What a context needs for it, in the driver and in every worker. */
export function armedKill({ point, batchTime, failsBefore, meetAt }: ArmedKill): {
  readonly runtime: Pick<JobRuntime, "crashPoint">;
  readonly listener: StreamingListener;
} {
  let running: number | undefined;
  const crashPoint: JobRuntime["crashPoint"] = (reached) => {
    const task = taskScope();
    if (reached !== point || (task?.batchTime ?? running) !== batchTime) return;
    if (task !== undefined && task.attempt < failsBefore) return;
    if (thisProcess.role !== undefined && isMainThread) waitForDeath(meetAt);
    process.kill(process.pid, "SIGKILL");
  };
  return {
    runtime: { crashPoint },
    listener: {
      onBatchStarted({ batchInfo }) {
        running = batchInfo.batchTime;
      },
    },
  };
}

/** In an executor: the driver is to die while this task is where it is. */
function waitForDeath(meetAt: string): void {
  writeFileSync(meetAt, "");
  const deadline = performance.now() + waitMs;
  while (existsSync(meetAt) && performance.now() < deadline) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pollMs);
  }
}
