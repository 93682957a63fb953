import type { BatchStatus, BatchView, OutputView } from "../history/batch-view.ts";
import type { JobHistory } from "../history/job-history.ts";
import { type Answer, json, text } from "../server/answer.ts";

// Spark's REST API of a streaming application (docs: spark.apache.org, Monitoring and Instrumentation), for tools that read it. Field
// names, their order and their types are those that Spark 3.5 gave; what is not known is left out, as Spark leaves it out.

const sparkStatus: Readonly<Record<BatchStatus, string>> = {
  waiting: "QUEUED",
  running: "PROCESSING",
  completed: "COMPLETED",
  // A batch whose output failed is completed in Spark, too.
  failed: "COMPLETED",
};

/** What is below /api/v1/applications; undefined for what is not there. */
export function sparkRest(history: JobHistory, url: URL, now: number): Answer | undefined {
  const [id, room, kind, ...rest] = url.pathname.split("/").slice(4).map(decoded);
  if (id === undefined || id === "") return json([application(history, now)]);
  if (id !== history.job.id) return text(404, `no such app: ${id}`);
  if (room === undefined) return json(application(history, now));
  if (room !== "streaming") return undefined;
  if (kind === "statistics" && rest.length === 0) return json(statistics(history));
  if (kind === "receivers") return receivers(history, rest);
  return kind === "batches" ? batches(history, url, rest) : undefined;
}

function application({ job, end }: JobHistory, now: number): object {
  const last = end?.time ?? now;
  const attempt = {
    startTime: dateText(job.startTime),
    endTime: dateText(end?.time ?? -1),
    lastUpdated: dateText(end?.time ?? job.startTime),
    duration: last - job.startTime,
    sparkUser: "",
    completed: end !== undefined,
    appSparkVersion: job.version,
    startTimeEpoch: job.startTime,
    endTimeEpoch: end?.time ?? -1,
    lastUpdatedEpoch: end?.time ?? job.startTime,
  };
  return { id: job.id, name: job.appName, attempts: [attempt] };
}

function statistics(history: JobHistory): object {
  const { job, receivers: all, totals, ended } = history;
  const completed = ended.filter(({ status }) => status === "completed" || status === "failed");
  const active = history.running.length + history.waiting.length;
  const waiting = [...history.running, ...history.waiting].reduce((sum, { records }) => sum + records, 0);
  const rates = history.batches.map(({ records }) => (records * 1_000) / job.batchInterval);
  return {
    startTime: dateText(job.startTime),
    batchDuration: job.batchInterval,
    numReceivers: all.length,
    numActiveReceivers: all.filter((receiver) => receiver.active).length,
    numInactiveReceivers: all.filter((receiver) => !receiver.active).length,
    numTotalCompletedBatches: totals.completed + totals.failed,
    numRetainedCompletedBatches: completed.length,
    numActiveBatches: active,
    numProcessedRecords: totals.records,
    numReceivedRecords: totals.records + waiting,
    ...given({
      avgInputRate: mean(rates),
      avgSchedulingDelay: wholeMean(completed.map(({ schedulingDelay }) => schedulingDelay)),
      avgProcessingTime: wholeMean(completed.map(({ processingDelay }) => processingDelay)),
      avgTotalDelay: wholeMean(completed.map(({ totalDelay }) => totalDelay)),
    }),
  };
}

function receivers(history: JobHistory, [id, more]: readonly string[]): Answer | undefined {
  if (more !== undefined) return undefined;
  const all = history.receivers.map(({ streamId, name, active, lastErrorMessage }) => {
    const events = [...history.batches].reverse().map(({ time, inputs }): [number, number] => {
      const records = inputs.find((input) => input.streamId === streamId)?.records ?? 0;
      return [time, (records * 1_000) / history.job.batchInterval];
    });
    return {
      ...{ streamId, streamName: name, isActive: active, executorId: "driver", executorHost: "localhost" },
      ...given({ lastErrorMessage, avgEventRate: mean(events.map(([, rate]) => rate)) }),
      eventRates: events,
    };
  });
  if (id === undefined) return json(all);
  const found = all.find(({ streamId }) => String(streamId) === id);
  return found === undefined ? text(404, `unknown receiver: ${id}`) : json(found);
}

function batches(history: JobHistory, url: URL, [time, room, id, more]: readonly string[]): Answer | undefined {
  if (time === undefined) return batchList(history, url);
  const batch = history.batch(Number(time));
  if (batch === undefined) return text(404, `unknown batch: ${time}`);
  if (room === undefined) return json(batchInfo(history, batch));
  if (room !== "operations" || more !== undefined) return undefined;
  const operations = batch.outputs.map(operationInfo);
  if (id === undefined) return json(operations);
  const found = operations.find(({ outputOpId }) => String(outputOpId) === id);
  return found === undefined ? text(404, `unknown output operation: ${id}`) : json(found);
}

function batchList(history: JobHistory, url: URL): Answer {
  const wanted = url.searchParams.getAll("status").map((status) => status.toUpperCase());
  const known = ["FAILED", ...Object.values(sparkStatus)];
  const unknown = wanted.find((status) => !known.includes(status));
  if (unknown !== undefined) return text(404, `unknown status: ${unknown}`);
  const all = history.batches.filter(({ status }) => wanted.length === 0 || wanted.includes(sparkStatus[status]));
  return json(all.map((batch) => batchInfo(history, batch)));
}

function batchInfo({ job }: JobHistory, batch: BatchView): object {
  const { time, status, records, schedulingDelay, processingDelay, totalDelay, outputs } = batch;
  const isOver = status === "completed" || status === "failed";
  const failed = outputs.filter(({ failureReason }) => failureReason !== undefined);
  const done = outputs.filter(({ endTime, failureReason }) => endTime !== undefined && failureReason === undefined);
  const total = isOver ? outputs.length : Math.max(job.numOutputs, outputs.length);
  return {
    ...{ batchId: time, batchTime: dateText(time), status: sparkStatus[status], batchDuration: job.batchInterval },
    inputSize: records,
    ...given({ schedulingDelay, processingTime: processingDelay, totalDelay }),
    numActiveOutputOps: isOver ? 0 : total - failed.length - done.length,
    numCompletedOutputOps: done.length,
    numFailedOutputOps: failed.length,
    numTotalOutputOps: total,
    ...given({ firstFailureReason: failed[0]?.failureReason ?? batch.failureReason }),
  };
}

function operationInfo({ id, name, startTime, endTime, failureReason }: OutputView) {
  const duration = startTime === undefined || endTime === undefined ? undefined : endTime - startTime;
  return {
    ...{ outputOpId: id, name, description: name },
    ...given({
      startTime: startTime && dateText(startTime),
      endTime: endTime && dateText(endTime),
      duration,
      failureReason,
    }),
    jobIds: [],
  };
}

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
