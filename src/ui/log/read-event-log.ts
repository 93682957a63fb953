import { createReadStream } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DStreamError } from "../../errors/dstream-error.ts";
import { JobHistory } from "../../listeners/job-history.ts";
import { tellListener } from "../../listeners/listener-bus.ts";
import type { JobDescription } from "../job-description.ts";
import { type LogHead, parseLine } from "./event-line.ts";
import { logFileName } from "./event-log.ts";

const headBytes = 1024 * 1024;
/** Jobs that are listed, the newest. */
const maxJobs = 1_000;

/** What an event log says of a job. */
export interface LoggedJob {
  readonly job: JobDescription;
  readonly history: JobHistory;
  /** Epoch ms; undefined where it still runs, or could not say. */
  readonly endTime: number | undefined;
}

/** The jobs of which a folder has event logs, newest first; what is none is passed over. @throws EVENT_LOG_UNAVAILABLE */
export async function loggedJobs(directory: string): Promise<JobDescription[]> {
  let names: string[];
  try {
    names = (await readdir(directory, { withFileTypes: true }))
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch (cause) {
    const message = `the folder ${directory} cannot be read; give one that a job had as its eventLog`;
    throw new DStreamError("EVENT_LOG_UNAVAILABLE", message, { cause, data: { directory } });
  }
  const heads = await Promise.all(names.map((name) => headOf(join(directory, name)).catch(() => undefined)));
  const jobs = heads.flatMap((head) => head?.job ?? []);
  return jobs.sort((a, b) => b.startTime - a.startTime).slice(0, maxJobs);
}

/** Undefined where there is no such job. A line that was cut, as by a crash, is passed over. */
export async function readEventLog(directory: string, jobId: string): Promise<LoggedJob | undefined> {
  if (!/^[\w.-]+$/.test(jobId) || jobId.startsWith(".")) return undefined;
  const folder = join(directory, jobId);
  const numbers = await fileNumbers(folder).catch(() => []);
  const history = new JobHistory();
  let job: JobDescription | undefined;
  let endTime: number | undefined;
  for (const number of numbers) {
    for await (const text of createInterface({ input: createReadStream(join(folder, logFileName(number))) })) {
      const line = parseLine(text);
      if (line === undefined) continue;
      if (line.event === "end") endTime = line.time;
      else if (line.event !== "job") tellListener(history, line);
      else if (job === undefined) {
        job = line.job;
        beginAfter(history, line);
      }
    }
  }
  return job === undefined ? undefined : { job, history, endTime };
}

/** Files of earlier batches may be removed. */
function beginAfter(history: JobHistory, { job, before }: LogHead): void {
  history.batchInterval = job.batchInterval;
  history.batchesCompleted = before.completed;
  history.batchesFailed = before.failed;
  history.batchRetries = before.retries;
  history.recordsProcessed = before.records;
}

async function fileNumbers(folder: string): Promise<number[]> {
  const names = await readdir(folder);
  return names.flatMap((name) => Number(/^events-(\d+)\.jsonl$/.exec(name)?.[1] ?? []) || []).sort((a, b) => a - b);
}

async function headOf(folder: string): Promise<LogHead | undefined> {
  const [first] = await fileNumbers(folder);
  if (first === undefined) return undefined;
  const file = await open(join(folder, logFileName(first)));
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    const line = buffer.toString("utf8", 0, bytesRead).split("\n", 1)[0] ?? "";
    const head = parseLine(line);
    return head?.event === "job" ? head : undefined;
  } finally {
    await file.close();
  }
}
