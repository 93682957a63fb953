import { access, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { messageOf, nodeCodeOf } from "../../../errors/shown/thrown.ts";
import type { ArrowBatch } from "../arrow/read/arrow-batch.ts";
import type { ProbeCommand, ProbeReport } from "../wire/stage-command.ts";
import type { OutputStream, SparkTask } from "../worker/function-host.ts";

/** Answers who and where this process is, and whether it reaches the folder that everyone has to share. */
export async function probe(
  { partitionId: partition }: SparkTask,
  { sharedFolder }: ProbeCommand,
  input: AsyncIterable<ArrowBatch>,
  output: OutputStream,
): Promise<void> {
  for await (const _ of input);
  const report: ProbeReport = {
    partition,
    host: hostname(),
    pid: process.pid,
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    folderProblem: sharedFolder && (await problemOf(sharedFolder, partition)),
  };
  output.open([{ name: "report", type: "utf8" }]).append(JSON.stringify(report));
}

async function problemOf(
  { path, token }: { path: string; token: string },
  partition: number,
): Promise<string | undefined> {
  try {
    await access(join(path, token));
  } catch (error) {
    return `it cannot see what the driver wrote there (${codeOf(error)})`;
  }
  try {
    await writeFile(join(path, `${token}.${partition}`), "");
  } catch (error) {
    return `it cannot write there (${codeOf(error)})`;
  }
  return undefined;
}

function codeOf(error: unknown): string {
  return nodeCodeOf(error) ?? messageOf(error);
}
