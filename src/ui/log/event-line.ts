import { isEventName, type ListenerEvent } from "../../listeners/listener-bus.ts";
import type { BatchInfo } from "../../listeners/streaming-listener.ts";
import type { JobDescription } from "../job-description.ts";
import type { JobTotals } from "../views/page-data.ts";

/** The first line of each file of an event log. */
export interface LogHead {
  readonly event: "job";
  readonly job: JobDescription;
  /** What came in files before this one, which may be removed. */
  readonly before: JobTotals;
}

/** The last line of a job that could write it. */
export interface LogEnd {
  readonly event: "end";
  /** Epoch ms. */
  readonly time: number;
}

/** A line of an event log: what a listener heard, under its name there. */
export type LogLine = LogHead | LogEnd | ListenerEvent;

/** As JSON; maps are lists of keys and values. */
export function lineText(line: LogLine): string {
  return `${JSON.stringify(line, (_, value: unknown) => (value instanceof Map ? [...value] : value))}\n`;
}

/** Undefined for what is no such line: a damaged one, one that a crash has cut, or one of a later version. */
export function parseLine(text: string): LogLine | undefined {
  try {
    const line = JSON.parse(text) as LogLine;
    if (line.event === "job") return isHead(line) ? line : undefined;
    if (line.event === "end") return Number.isFinite(line.time) ? line : undefined;
    if (!isEventName(line.event)) return undefined;
    const { batchInfo } = line.payload as { readonly batchInfo?: BatchInfo };
    if (batchInfo === undefined) return line;
    if (![batchInfo.batchTime, batchInfo.submissionTime, batchInfo.numRecords].every(Number.isFinite)) return undefined;
    const { streamIdToInputInfo, outputOperationInfos } = batchInfo;
    const maps = {
      streamIdToInputInfo: new Map(streamIdToInputInfo),
      outputOperationInfos: new Map(outputOperationInfos),
    };
    return { event: line.event, payload: { batchInfo: { ...batchInfo, ...maps } } } as ListenerEvent;
  } catch {
    return undefined;
  }
}

/** Whether what all pages show of a job is there. */
function isHead({ job, before }: LogHead): boolean {
  const numbers = [job.startTime, job.batchInterval, before.completed, before.failed, before.retries, before.records];
  const texts = [job.id, job.appName, job.master, job.version];
  return (
    numbers.every(Number.isFinite) &&
    texts.every((text) => typeof text === "string") &&
    [job.inputs, job.operators, job.outputs].every(Array.isArray) &&
    Object(job.configuration) === job.configuration
  );
}
