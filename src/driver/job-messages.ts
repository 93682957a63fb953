import type { BatchInfo } from "../listeners/streaming-listener.ts";
import type { JobLog } from "../runtime/log/job-log.ts";
import type { Batch } from "./batch/batch.ts";
import type { CheckpointState } from "./checkpoint/checkpoint-state.ts";

export interface StartedJob {
  readonly appName: string;
  readonly master: string;
  readonly batchIntervalMs: number;
  readonly checkpoint: { readonly directory: string } | undefined;
  readonly state: CheckpointState;
  /** The batch that an earlier run had begun. */
  readonly recovered: Batch | undefined;
}

/** Says that a job has started, and where it goes on. */
export function tellStart(
  log: JobLog,
  { appName, master, batchIntervalMs, checkpoint, state, recovered }: StartedJob,
): void {
  const checkpointDir = checkpoint?.directory;
  const { committed } = state;
  const told = { appName, master, batchInterval: batchIntervalMs, checkpointDir, resumedAfter: committed };
  const job = `the job ${appName} has started on ${master}, with a batch each ${batchIntervalMs} ms`;
  log.info("JOB_STARTED", `${job}: ${placeText(checkpointDir, committed)}`, told);
  if (recovered === undefined) return;
  const { time: batchTime } = recovered;
  log.info("BATCH_RESUMED", `batch ${batchTime} was begun by an earlier run, and is run with the same input`, {
    batchTime,
  });
}

function placeText(checkpointDir: string | undefined, committed: number | undefined): string {
  if (checkpointDir === undefined) return "it begins anew, without a checkpoint";
  if (committed === undefined) return `it begins its checkpoint in ${checkpointDir}`;
  return `it goes on after batch ${committed} of the checkpoint in ${checkpointDir}`;
}

/** Says that a batch has ended. */
export function tellBatch(log: JobLog, info: BatchInfo): void {
  const { batchTime, numRecords, schedulingDelay, processingDelay, failureReason } = info;
  const told = { batchTime, numRecords, schedulingDelay, processingDelay };
  if (failureReason !== undefined) {
    log.debug("BATCH_FAILED", `batch ${batchTime} failed: ${failureReason}`, told);
    return;
  }
  const text = `batch ${batchTime} has ended: ${numRecords} records, ${processingDelay} ms, ${schedulingDelay} ms late`;
  log.debug("BATCH_COMPLETED", text, told);
}
