import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cacheFolder } from "../../../src/runtime/files/cache-folder.ts";
import { endGroups, startOf } from "../process-group.ts";
import type { SparkMode } from "./spark-mode.ts";
import type { SparkServer } from "./start-spark.ts";

// The Spark that `npm run spark:up` left running, noted in a file of the cache folder, since one runs at a time.

export interface RunningSpark {
  readonly mode: SparkMode;
  readonly url: string;
  readonly folder: string;
  readonly logFile: string;
  /** Process groups with the time at which their first process began: the number alone may be another's by now. */
  readonly groups: readonly { readonly pid: number; readonly start: string | undefined }[];
}

const note = (): string => join(cacheFolder(), "spark-running.json");

export async function noteSpark(mode: SparkMode, { url, folder, logFile, groups }: SparkServer): Promise<void> {
  const known = await Promise.all(groups.map(async (pid) => ({ pid, start: await startOf(pid) })));
  mkdirSync(dirname(note()), { recursive: true });
  writeFileSync(note(), JSON.stringify({ mode, url, folder, logFile, groups: known } satisfies RunningSpark));
}

/** Undefined when none was left running, or when it has ended since. */
export async function runningSpark(): Promise<RunningSpark | undefined> {
  let spark: RunningSpark;
  try {
    spark = JSON.parse(readFileSync(note(), "utf8"));
  } catch {
    return undefined;
  }
  const groups: RunningSpark["groups"][number][] = [];
  for (const group of spark.groups) {
    if (group.start !== undefined && (await startOf(group.pid)) === group.start) groups.push(group);
  }
  return groups.length === 0 ? undefined : { ...spark, groups };
}

/** Ends it with all its processes and removes its files. */
export async function endSpark({ groups, folder }: RunningSpark): Promise<void> {
  await endGroups(groups.map(({ pid }) => pid));
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  rmSync(note(), { force: true });
}
