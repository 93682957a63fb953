import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { JobHistory } from "../../listeners/job-history.ts";
import { type ListenerEvent, tellListener } from "../../listeners/listener-bus.ts";
import type { JobDescription } from "../job-description.ts";
import { type LogHead, parseLine } from "./event-line.ts";
import { logFileName } from "./event-log.ts";

/** What an event log says of a job. */
export interface LoggedJob {
  readonly job: JobDescription;
  readonly history: JobHistory;
  /** Epoch ms; undefined where it still runs, or could not say. */
  readonly endTime: number | undefined;
  /** Lines that are none of an event log: damaged ones, one that a crash has cut, those of a later version. */
  readonly unreadableLines: number;
}

/** Undefined where there is no such job. Lines that cannot be read are passed over, and counted. */
export async function readEventLog(directory: string, jobId: string): Promise<LoggedJob | undefined> {
  if (!isRunName(jobId)) return undefined;
  const folder = join(directory, jobId);
  const history = new JobHistory();
  let job: JobDescription | undefined;
  let endTime: number | undefined;
  let unreadableLines = 0;
  for (const name of await eventFiles(folder)) {
    for await (const text of linesOf(join(folder, name))) {
      const line = text === undefined ? undefined : parseLine(text);
      if (line === undefined) unreadableLines++;
      else if (line.event === "end") endTime = line.time;
      else if (line.event !== "job") unreadableLines += hears(history, line) ? 0 : 1;
      else if (job === undefined) {
        job = line.job;
        beginAfter(history, line);
      }
    }
  }
  return job === undefined ? undefined : { job, history, endTime, unreadableLines };
}

/** Whether a folder of an event log may be called so. */
export const isRunName = (name: string): boolean => /^[\w-][\w.-]*$/.test(name);

/** Names of a run's files, oldest first; none where there is no such folder. */
export async function eventFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  const numbers = names.flatMap((name) => Number(/^events-(\d+)\.jsonl$/.exec(name)?.[1] ?? []) || []);
  return numbers.sort((a, b) => a - b).map(logFileName);
}

/** Undefined for what the system does not read. */
async function* linesOf(path: string): AsyncGenerator<string | undefined> {
  try {
    yield* createInterface({ input: createReadStream(path) });
  } catch {
    yield undefined;
  }
}

/** Whether the event is one: of a damaged line it may lack what every one has. */
function hears(history: JobHistory, event: ListenerEvent): boolean {
  try {
    tellListener(history, event);
    return true;
  } catch {
    return false;
  }
}

/** Files of earlier batches may be removed. */
function beginAfter(history: JobHistory, { job, before }: LogHead): void {
  history.batchInterval = job.batchInterval;
  history.batchesCompleted = before.completed;
  history.batchesFailed = before.failed;
  history.batchRetries = before.retries;
  history.recordsProcessed = before.records;
}
