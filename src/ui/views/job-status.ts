import type { JobHistory, OffsetView } from "../history/job-history.ts";
import type { JobSiteOptions, LiveJob } from "../job-site.ts";
import type { JobState, JobStatus, OffsetRow, Problem } from "./page-data.ts";

/** How far a job is in its life. */
export type JobPhase = "starting" | "running" | "stopping" | "stopped";

const minReadyDelayMs = 60_000;
const readyIntervals = 10;
const minBehindMs = 2_000;
const behindIntervals = 2;
const maxOffsetRows = 1_000;

/** How a job is doing, live or by its history alone. */
export function jobStatus({ history, live, meter }: JobSiteOptions): JobStatus {
  const progress = live?.progress;
  const last = history.ended.at(-1);
  const now = live?.now() ?? history.end?.time ?? last?.processingEndTime ?? history.job.startTime;
  return {
    now,
    state: stateOf(history, live, now),
    totals: history.totals,
    waiting: history.waiting.length,
    ...(progress?.inputRate !== undefined && { inputRate: progress.inputRate }),
    ...(progress?.processingRate !== undefined && { processingRate: progress.processingRate }),
    ...(progress?.lag !== undefined && { lag: progress.lag }),
    problems: problemsOf(history, live),
    ...(progress?.stall !== undefined && { stall: progress.stall }),
    receivers: history.receivers,
    operatorState: last?.facts?.state ?? [],
    rows: last?.facts?.rows ?? {},
    stages: (last?.facts?.stages ?? []).map(({ stage, operators }) => ({ stage, operators })),
    offsets: offsetRows(history.offsets),
    heapUsedBytes: meter?.heapUsedBytes ?? 0,
    eventLoopDelayMs: meter?.eventLoopDelayMs ?? 0,
    ...(live?.checkpointDir !== undefined && { checkpoint: { directory: live.checkpointDir } }),
  };
}

/** Why a job that runs is not ready; undefined when it is. */
export function notReady(history: JobHistory, live: LiveJob): string | undefined {
  if (live.phase !== "running") return `the job is ${live.phase}`;
  const delay = delayOf(history, live.now());
  const most = Math.max(readyIntervals * history.job.batchInterval, minReadyDelayMs);
  if (delay < most) return undefined;
  return `the total delay is ${Math.round(delay / 1_000)} s, at least ${Math.round(most / 1_000)} s`;
}

function stateOf(history: JobHistory, live: LiveJob | undefined, now: number): JobState {
  if (history.end?.failureReason !== undefined) return "failed";
  if (live === undefined || history.end !== undefined) return "stopped";
  if (live.phase !== "running") return live.phase;
  const most = Math.max(behindIntervals * history.job.batchInterval, minBehindMs);
  return delayOf(history, now) >= most ? "behind" : "running";
}

/** The total delay: of the last batch, or of the oldest that has not ended, which may have come to more. */
function delayOf(history: JobHistory, now: number): number {
  const open = [...history.running, ...history.waiting];
  const oldest = open.reduce((least, { submissionTime }) => Math.min(least, submissionTime), now);
  return Math.max(history.ended.at(-1)?.totalDelay ?? 0, now - oldest);
}

function problemsOf(history: JobHistory, live: LiveJob | undefined): Problem[] {
  const problems: Problem[] = [];
  const { end, receivers } = history;
  const failed = history.ended.at(-1)?.failureReason;
  if (end?.failureReason !== undefined) problems.push(problemOf("the job has ended", end.failureReason));
  else if (failed !== undefined) problems.push(problemOf("the last batch failed", failed));
  const stall = live?.progress.stall;
  if (stall !== undefined) {
    const what = stall.batchTime === undefined ? "the job's start" : `batch ${stall.batchTime}`;
    const seconds = Math.round((live as LiveJob).now() - stall.since) / 1_000;
    problems.push({
      code: "STALLED",
      text: `${what} has made no progress for ${Math.round(seconds)} s: ${stall.waitsFor}`,
    });
  }
  for (const { name, active, lastErrorMessage } of receivers) {
    if (!active && lastErrorMessage !== undefined)
      problems.push(problemOf(`the receiver ${name} is stopped`, lastErrorMessage));
  }
  return problems;
}

/** Errors of ours begin with their code in brackets. */
function problemOf(what: string, reason: string): Problem {
  const [, code, rest = reason] = /^\[([A-Z_]+)\] (.*)$/s.exec(reason) ?? [];
  return { ...(code !== undefined && { code }), text: `${what}: ${rest.split("\n", 1)[0]}` };
}

function offsetRows(offsets: readonly OffsetView[]): OffsetRow[] {
  if (offsets.length <= maxOffsetRows) return [...offsets];
  const topics = Map.groupBy(offsets, ({ source, topic }) => `${source} ${topic}`);
  return [...topics.values()].map((all) => {
    const { source, topic } = all[0] as OffsetView;
    return { source, topic, offset: all.reduce((sum, { offset }) => sum + offset, 0) };
  });
}
