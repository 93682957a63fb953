import type { JobHistory } from "../../listeners/job-history.ts";
import type { JobDescription } from "../job-description.ts";
import { type Answer, json, text } from "../server/answer.ts";
import {
  type BatchStatus,
  batchAt,
  batchesOf,
  isOver,
  type OutputView,
  type StatedBatch,
} from "../views/batch-view.ts";

// Spark's REST API of a streaming application (docs: spark.apache.org, Monitoring and Instrumentation), for tools that read it. Field
// names, their order and their types are those that Spark 3.5 gave; what is not known is left out, as Spark leaves it out.

const sparkStatus: Readonly<Record<BatchStatus, string>> = {
  waiting: "QUEUED",
  running: "PROCESSING",
  completed: "COMPLETED",
  // A batch whose output failed is completed in Spark, too.
  failed: "COMPLETED",
};

/** A job, as far as the API tells of it. */
export interface ShownJob {
  readonly job: JobDescription;
  readonly history: JobHistory;
  /** Epoch ms; undefined while the job runs. */
  readonly endTime?: number | undefined;
}

/** What is below /api/v1/applications; undefined for what is not there. */
export function sparkRest(shown: ShownJob, url: URL, now: number): Answer | undefined {
  const { job } = shown;
  const [id, room, kind, ...rest] = url.pathname.split("/").slice(4).map(decoded);
  if (id === undefined || id === "") return json([application(shown, now)]);
  if (id !== job.id) return text(404, `no such app: ${id}`);
  if (room === undefined) return json(application(shown, now));
  if (room !== "streaming") return undefined;
  if (kind === "statistics" && rest.length === 0) return json(statistics(shown));
  if (kind === "receivers") return receivers(shown, rest);
  return kind === "batches" ? batches(shown, url, rest) : undefined;
}

/** A job as the list of all shows it. `now`: epoch ms, until when it has run if it has not ended. */
export function application({ job, endTime }: Pick<ShownJob, "job" | "endTime">, now: number): object {
  const last = endTime ?? now;
  const attempt = {
    startTime: dateText(job.startTime),
    endTime: dateText(endTime ?? -1),
    lastUpdated: dateText(endTime ?? job.startTime),
    duration: last - job.startTime,
    sparkUser: "",
    completed: endTime !== undefined,
    appSparkVersion: job.version,
    startTimeEpoch: job.startTime,
    endTimeEpoch: endTime ?? -1,
    lastUpdatedEpoch: endTime ?? job.startTime,
  };
  return { id: job.id, name: job.appName, attempts: [attempt] };
}

function statistics({ job, history }: ShownJob): object {
  const { ended, running, waiting, receivers: all } = history;
  const active = [...running, ...waiting];
  const received = history.recordsProcessed + active.reduce((sum, { numRecords }) => sum + numRecords, 0);
  return {
    startTime: dateText(job.startTime),
    batchDuration: job.batchInterval,
    numReceivers: all.length,
    numActiveReceivers: all.filter((receiver) => receiver.active).length,
    numInactiveReceivers: all.filter((receiver) => !receiver.active).length,
    numTotalCompletedBatches: history.batchesCompleted + history.batchesFailed,
    numRetainedCompletedBatches: ended.length,
    numActiveBatches: active.length,
    numProcessedRecords: history.recordsProcessed,
    numReceivedRecords: received,
    ...given({
      avgInputRate: mean([...ended, ...active].map(({ numRecords }) => perSecond(numRecords, job))),
      avgSchedulingDelay: wholeMean(ended.map(({ schedulingDelay }) => schedulingDelay)),
      avgProcessingTime: wholeMean(ended.map(({ processingDelay }) => processingDelay)),
      avgTotalDelay: wholeMean(ended.map(({ totalDelay }) => totalDelay)),
    }),
  };
}

function receivers({ job, history }: ShownJob, [id, more]: readonly string[]): Answer | undefined {
  if (more !== undefined) return undefined;
  const all = history.receivers.map(({ streamId, name, active, lastErrorMessage }) => {
    const eventRates = batchesOf(history)
      .reverse()
      .map(({ info }): [number, number] => {
        return [info.batchTime, perSecond(info.streamIdToInputInfo.get(streamId)?.numRecords ?? 0, job)];
      });
    return {
      ...{ streamId, streamName: name, isActive: active, executorId: "driver", executorHost: "localhost" },
      ...given({ lastErrorMessage, avgEventRate: mean(eventRates.map(([, rate]) => rate)) }),
      eventRates,
    };
  });
  if (id === undefined) return json(all);
  const found = all.find(({ streamId }) => String(streamId) === id);
  return found === undefined ? text(404, `unknown receiver: ${id}`) : json(found);
}

function batches(shown: ShownJob, url: URL, [time, room, id, more]: readonly string[]): Answer | undefined {
  if (time === undefined) return batchList(shown, url);
  const batch = batchAt(shown.history, Number(time));
  if (batch === undefined) return text(404, `unknown batch: ${time}`);
  if (room === undefined) return json(batchInfo(shown.job, batch));
  if (room !== "operations" || more !== undefined) return undefined;
  const operations = operationsOf(shown.job, batch).map(operationInfo);
  if (id === undefined) return json(operations);
  const found = operations.find(({ outputOpId }) => String(outputOpId) === id);
  return found === undefined ? text(404, `unknown output operation: ${id}`) : json(found);
}

function batchList({ job, history }: ShownJob, url: URL): Answer {
  const wanted = url.searchParams.getAll("status").map((status) => status.toUpperCase());
  const known = ["FAILED", ...Object.values(sparkStatus)];
  const unknown = wanted.find((status) => !known.includes(status));
  if (unknown !== undefined) return text(404, `unknown status: ${unknown}`);
  const all = batchesOf(history).filter(({ status }) => wanted.length === 0 || wanted.includes(sparkStatus[status]));
  return json(all.map((batch) => batchInfo(job, batch)));
}

function batchInfo(job: JobDescription, { info, status }: StatedBatch): object {
  const { batchTime, numRecords, schedulingDelay, processingDelay, totalDelay } = info;
  const outputs = operationsOf(job, { info, status });
  const failed = outputs.filter(({ failureReason }) => failureReason !== undefined);
  const done = outputs.filter(({ endTime, failureReason }) => endTime !== undefined && failureReason === undefined);
  return {
    ...{ batchId: batchTime, batchTime: dateText(batchTime), status: sparkStatus[status] },
    ...{ batchDuration: job.batchInterval, inputSize: numRecords },
    ...given({ schedulingDelay, processingTime: processingDelay, totalDelay }),
    numActiveOutputOps: isOver(status) ? 0 : outputs.length - failed.length - done.length,
    numCompletedOutputOps: done.length,
    numFailedOutputOps: failed.length,
    numTotalOutputOps: outputs.length,
    ...given({ firstFailureReason: failed[0]?.failureReason ?? info.failureReason }),
  };
}

/** Those of a batch that has not ended may still begin. */
function operationsOf({ outputs }: JobDescription, { info, status }: StatedBatch): OutputView[] {
  const begun = info.outputOperationInfos;
  if (isOver(status)) return [...begun.values()];
  return outputs.map((name, id) => begun.get(id) ?? { id, name });
}

function operationInfo({ id, name, startTime, endTime, failureReason }: OutputView) {
  const duration = startTime === undefined || endTime === undefined ? undefined : endTime - startTime;
  return {
    ...{ outputOpId: id, name, description: name },
    ...given({
      ...{ startTime: startTime && dateText(startTime), endTime: endTime && dateText(endTime) },
      ...{ duration, failureReason },
    }),
    jobIds: [],
  };
}

const perSecond = (records: number, { batchInterval }: JobDescription): number => (records * 1_000) / batchInterval;

/** As Spark writes dates: "2026-12-01T09:41:45.766GMT". */
const dateText = (time: number): string => new Date(time).toISOString().replace("Z", "GMT");

function mean(numbers: readonly number[]): number | undefined {
  return numbers.length === 0 ? undefined : numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
}

function wholeMean(numbers: readonly (number | undefined)[]): number | undefined {
  const average = mean(numbers.filter((each) => each !== undefined));
  return average === undefined ? undefined : Math.trunc(average);
}

/** Only what is known. */
function given<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
