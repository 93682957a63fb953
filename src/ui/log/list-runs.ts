import { type FileHandle, open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { DStreamError } from "../../errors/dstream-error.ts";
import type { JobDescription } from "../job-description.ts";
import { type LogLine, parseLine } from "./event-line.ts";
import { eventFiles, isRunName } from "./read-event-log.ts";

/** What is read of a file's beginning, for its first line, and of its end. */
const partBytes = 1024 * 1024;
/** Runs that are listed, the newest. */
const maxRuns = 1_000;
/** Logs that are read at once. */
const atOnce = 16;

/** A run of a job, as the list of all shows it. */
export interface ListedRun {
  readonly job: JobDescription;
  /** Epoch ms; undefined where it was killed, or still runs. */
  readonly endTime: number | undefined;
  /** Epoch ms: when it ended, else the end of its last batch. */
  readonly lastTime: number;
  readonly outcome: "ended" | "failed" | "no end";
}

/** An event log that cannot be read, and why. */
export interface UnreadableRun {
  readonly name: string;
  readonly problem: string;
}

export interface RunList {
  /** Newest first. */
  readonly runs: readonly ListedRun[];
  readonly unreadable: readonly UnreadableRun[];
  /** Whether the folder is that of one run, and not the one above it. */
  readonly isOneRun: boolean;
}

/** The runs of which a folder has event logs; folders without files of events are none. @throws EVENT_LOG_UNAVAILABLE */
export async function listRuns(directory: string): Promise<RunList> {
  let names: string[];
  try {
    names = (await readdir(directory, { withFileTypes: true }))
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch (cause) {
    const message = `the folder ${directory} cannot be read; give one that a job had as its eventLog`;
    throw new DStreamError("EVENT_LOG_UNAVAILABLE", message, { cause, data: { directory } });
  }
  const runs: ListedRun[] = [];
  const unreadable: UnreadableRun[] = [];
  for (let i = 0; i < names.length; i += atOnce) {
    const found = await Promise.all(names.slice(i, i + atOnce).map((name) => listedRun(directory, name)));
    for (const run of found) {
      if (run === undefined) continue;
      if ("problem" in run) unreadable.push(run);
      else runs.push(run);
    }
  }
  runs.sort((a, b) => b.job.startTime - a.job.startTime);
  const isOneRun = runs.length === 0 && (await eventFiles(directory)).length > 0;
  return { runs: runs.slice(0, maxRuns), unreadable: unreadable.slice(0, maxRuns), isOneRun };
}

async function listedRun(directory: string, name: string): Promise<ListedRun | UnreadableRun | undefined> {
  const folder = join(directory, name);
  try {
    const files = await eventFiles(folder);
    const [first] = files;
    if (first === undefined) return undefined;
    if (!isRunName(name)) return { name, problem: "its folder has not the name of a run" };
    const job = await firstJob(folder, files);
    if (job === undefined) {
      const { size } = await stat(join(folder, first));
      return { name, problem: size === 0 ? "it is empty" : "its first line is not that of an event log" };
    }
    if (job.id !== name) return { name, problem: `it is that of ${job.id}: give its folder this name` };
    // A new file may have begun between the failure and the end.
    const lines = await Promise.all(files.slice(-2).map((file) => lastLines(join(folder, file))));
    return { job, ...endOf(lines.flat(), job) };
  } catch (error) {
    return { name, problem: (error as Error).message };
  }
}

/** Each file begins with the job, so that one whose first line is damaged is known by another. */
async function firstJob(folder: string, files: readonly string[]): Promise<JobDescription | undefined> {
  for (const name of files) {
    const text = await reading(join(folder, name), (file) => textOf(file, 0));
    const line = parseLine(text.split("\n", 1)[0] ?? "");
    if (line?.event === "job") return line.job;
  }
  return undefined;
}

function lastLines(path: string): Promise<LogLine[]> {
  return reading(path, async (file) => {
    const { size } = await file.stat();
    const text = await textOf(file, Math.max(0, size - partBytes));
    return text.split("\n").flatMap((line) => parseLine(line) ?? []);
  });
}

function endOf(lines: readonly LogLine[], job: JobDescription): Omit<ListedRun, "job"> {
  let endTime: number | undefined;
  let lastTime = job.startTime;
  let hasFailed = false;
  for (const line of lines) {
    if (line.event === "end") endTime = line.time;
    else if (line.event === "onStreamingFailed") hasFailed = true;
    else if (line.event === "onBatchCompleted") lastTime = line.payload.batchInfo.processingEndTime ?? lastTime;
  }
  const outcome = hasFailed ? "failed" : endTime === undefined ? "no end" : "ended";
  return { endTime, lastTime: endTime ?? lastTime, outcome };
}

async function reading<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

async function textOf(file: FileHandle, position: number): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(partBytes), 0, partBytes, position);
  return buffer.toString("utf8", 0, bytesRead);
}
