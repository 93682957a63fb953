import { createReadStream } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DStreamError } from "../../errors/dstream-error.ts";
import { type LogHead, logFileName } from "./event-log.ts";
import type { JobEvent } from "./job-event.ts";
import { type JobDescription, JobHistory } from "./job-history.ts";

const headBytes = 1024 * 1024;
/** Jobs that are listed, the newest. */
const maxJobs = 1_000;

/** What an event log says of a job. */
export interface LoggedJob {
  readonly history: JobHistory;
  readonly configuration: Readonly<Record<string, string>>;
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
  let logged: LoggedJob | undefined;
  for (const number of numbers) {
    for await (const line of createInterface({ input: createReadStream(join(folder, logFileName(number))) })) {
      const event = parsed(line);
      if (event === undefined) continue;
      if (event.event === "job")
        logged ??= { history: new JobHistory(event.job, event.before), configuration: event.configuration };
      else logged?.history.apply(event);
    }
  }
  return logged;
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
    const head = parsed(line);
    return head?.event === "job" ? head : undefined;
  } finally {
    await file.close();
  }
}

function parsed(line: string): LogHead | JobEvent | undefined {
  try {
    return JSON.parse(line) as LogHead | JobEvent;
  } catch {
    return undefined;
  }
}
