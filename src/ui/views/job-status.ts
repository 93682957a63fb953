import type { JobHistory, PartitionOffset } from "../../listeners/job-history.ts";
import { progressOf } from "../../listeners/progress.ts";
import type { JobDescription } from "../job-description.ts";
import type { JobSiteOptions, LiveJob } from "../job-site.ts";
import type { JobState, JobStatus, OffsetRow, Problem } from "./page-data.ts";

/** How far a job is in its life. */
export type JobPhase = "starting" | "running" | "stopping" | "stopped";

const minReadyDelayMs = 60_000;
const readyIntervals = 10;
const minBehindMs = 2_000;
const behindIntervals = 2;
/** A page is told of the offsets with each news. */
const maxOffsetRows = 200;

/** How a job is doing, live or by its history alone. */
export function jobStatus(options: JobSiteOptions): JobStatus {
  const { job, history, live, endTime, meter, unreadableLines = 0 } = options;
  const { inputRate, processingRate, lag, stall } = progressOf(history);
  const last = history.ended.at(-1);
  const now = endTime ?? live?.now() ?? last?.processingEndTime ?? job.startTime;
  return {
    now,
    state: stateOf({ job, history, live, endTime }, now),
    totals: {
      ...{ completed: history.batchesCompleted, failed: history.batchesFailed },
      ...{ retries: history.batchRetries, records: history.recordsProcessed },
    },
    waiting: history.batchesWaiting,
    ...(inputRate !== undefined && { inputRate }),
    ...(processingRate !== undefined && { processingRate }),
    ...(lag !== undefined && { lag }),
    ...(live?.runningStage !== undefined && { runningStage: live.runningStage }),
    problems: [
      ...problemsOf(history),
      ...(live === undefined && endTime === undefined ? [noEnd(history)] : []),
      ...(unreadableLines > 0 ? [unreadable(unreadableLines)] : []),
    ],
    ...(stall !== undefined && { stall }),
    receivers: history.receivers,
    operatorState: history.state,
    rows: last?.facts?.rows ?? {},
    stages: (last?.facts?.stages ?? []).map(({ stage, operators }) => ({ stage, operators })),
    offsets: offsetRows(history, job, maxOffsetRows),
    heapUsedBytes: meter?.heapUsedBytes ?? 0,
    eventLoopDelayMs: meter?.eventLoopDelayMs ?? 0,
  };
}

/** Why a job that runs is not ready; undefined when it is. */
export function notReady({ job, history }: JobSiteOptions, live: LiveJob): string | undefined {
  if (live.phase !== "running") return `the job is ${live.phase}`;
  const delay = delayOf(history, live.now());
  const most = Math.max(readyIntervals * job.batchInterval, minReadyDelayMs);
  if (delay < most) return undefined;
  return `the total delay is ${Math.round(delay / 1_000)} s, at least ${Math.round(most / 1_000)} s`;
}

function stateOf({ job, history, live, endTime }: JobSiteOptions, now: number): JobState {
  if (history.failureReason !== undefined) return "failed";
  if (endTime !== undefined) return "stopped";
  if (live === undefined) return "unended";
  if (live.phase !== "running") return live.phase;
  const most = Math.max(behindIntervals * job.batchInterval, minBehindMs);
  return delayOf(history, now) >= most ? "behind" : "running";
}

/** The total delay: of the last batch, or of the oldest that has not ended, which may have come to more. */
function delayOf(history: JobHistory, now: number): number {
  const open = [...history.running, ...history.waiting];
  const oldest = open.reduce((least, { submissionTime }) => Math.min(least, submissionTime), now);
  return Math.max(history.ended.at(-1)?.totalDelay ?? 0, now - oldest);
}

function problemsOf({ failureReason, ended, stall, receivers }: JobHistory): Problem[] {
  const problems: Problem[] = [];
  const last = ended.at(-1);
  const failed = last?.failureReason;
  const ofLast = last !== undefined && failed !== undefined && { batch: last.batchTime };
  if (failureReason !== undefined) problems.push({ ...problemOf("the job has ended", failureReason), ...ofLast });
  else if (failed !== undefined) problems.push({ ...problemOf("the last batch failed", failed), ...ofLast });
  if (stall !== undefined) {
    const { batchTime: batch, since, waitsFor } = stall;
    const what = batch === undefined ? "the job's start" : "a batch";
    const text = `${what} makes no progress: ${waitsFor}`;
    problems.push({ code: "STALLED", text, since, ...(batch !== undefined && { batch }) });
  }
  for (const { name, active, lastErrorMessage } of receivers) {
    if (active || lastErrorMessage === undefined) continue;
    problems.push(problemOf(`the receiver ${name} is stopped`, lastErrorMessage));
  }
  return problems;
}

/** Of an event log without the line that a job writes when it ends. */
function noEnd({ running: [batch] }: JobHistory): Problem {
  const text = "the log has no end: the job was killed, or it still runs";
  return { text, ...(batch !== undefined && { batch: batch.batchTime }) };
}

function unreadable(lines: number): Problem {
  const what = lines === 1 ? "1 line of the log" : `${lines} lines of the log`;
  return { text: `${what} could not be read: damaged, cut by a crash, or of a later version` };
}

/** Errors of ours begin with their code in brackets. */
function problemOf(what: string, reason: string): Problem {
  const [, code, rest = reason] = /^\[([A-Z_]+)\] (.*)$/s.exec(reason) ?? [];
  return { ...(code !== undefined && { code }), text: `${what}: ${rest.split("\n", 1)[0]}` };
}

/** Where a job stands in its partitions; of more than `most` in its topics, as sums. */
export function offsetRows(
  { offsets, lags }: JobHistory,
  { inputs }: JobDescription,
  most: number,
): readonly OffsetRow[] {
  const idOf = ({ streamId, topic, partition }: Omit<PartitionOffset, "offset">): string =>
    JSON.stringify([streamId, topic, partition]);
  const lagOf = new Map(lags.map((at) => [idOf({ partition: undefined, ...at }), at.lag]));
  const rows = offsets.map((at): OffsetRow => {
    const { streamId, topic, partition, offset } = at;
    const lag = lagOf.get(idOf(at));
    const row = { source: inputs[streamId] ?? `stream ${streamId}`, topic, offset };
    return { ...row, ...(partition !== undefined && { partition }), ...(lag !== undefined && { lag }) };
  });
  if (rows.length <= most) return rows;
  const topics = Map.groupBy(rows, ({ source, topic }) => `${source} ${topic}`);
  return [...topics.values()].map((all) => {
    const [{ source, topic } = { source: "", topic: "" }] = all;
    const offset = all.reduce((sum, row) => sum + row.offset, 0);
    const known = all.flatMap(({ lag }) => lag ?? []);
    const lag = known.reduce((sum, of) => sum + of, 0);
    return { source, topic, offset, ...(known.length === all.length && { lag }) };
  });
}
