import { basename, dirname } from "node:path";
import type { TextFileSink } from "../../plan/graph/output.ts";
import type { FileSystem } from "../../runtime/files/file-system.ts";
import { readFile, writeFile } from "../../runtime/files/whole-file.ts";
import type { JobRuntime } from "../../runtime/job-runtime.ts";
import type { ProcessIdentity } from "../../runtime/process/process-identity.ts";
import { batchFolder } from "../../sources/files/reading/batch-folder.ts";

// A job without a checkpoint that dies leaves the hidden folders of its batch behind, and nobody goes on with them. So each of its
// batches has a file beside them that says whose they are: the next start removes those of processes that have ended, which can
// be seen on the same host only. What has no such file is somebody else's, perhaps a checkpoint's.

/** Says whose the hidden folders of a batch are; `owner` undefined: no process's, as of a job with a checkpoint. */
export async function claimTextFiles(
  sinks: readonly TextFileSink[],
  time: number,
  owner: ProcessIdentity | undefined,
  files: FileSystem,
): Promise<void> {
  for (const sink of sinks) {
    const { claim } = batchFolder(sink, time);
    // Where it cannot be written nothing else can, which the tasks say.
    await (owner === undefined ? files.remove(claim) : write(claim, owner, files)).catch(() => {});
  }
}

async function write(claim: string, owner: ProcessIdentity, files: FileSystem): Promise<void> {
  await files.makeDirectory(dirname(claim));
  await writeFile(claim, Buffer.from(JSON.stringify(owner)), files);
}

/** The files of a batch are shown, and nothing of it is hidden any more. */
export async function releaseTextFiles(sinks: readonly TextFileSink[], time: number, files: FileSystem): Promise<void> {
  for (const sink of sinks) await files.remove(batchFolder(sink, time).claim);
}

/** Removes what processes that have ended left hidden. What cannot be removed stays. */
export async function removeDeadTextFiles(
  sinks: readonly TextFileSink[],
  { files, process }: Pick<JobRuntime, "files" | "process">,
): Promise<void> {
  for (const sink of sinks) {
    for (const time of await claimedTimes(sink, files)) {
      const { written, ready, claim } = batchFolder(sink, time);
      const owner = await readFile(claim, files)
        .then((bytes) => JSON.parse(Buffer.from(bytes).toString()) as ProcessIdentity)
        .catch(() => undefined);
      if (owner === undefined || process.isRunning(owner) !== false) continue;
      for (const path of [written, ready, claim]) await files.removeTree(path).catch(() => {});
    }
  }
}

/** Batches whose hidden folders somebody claims. */
async function claimedTimes(sink: TextFileSink, files: FileSystem): Promise<number[]> {
  const { claim } = batchFolder(sink, 0);
  const names = await files.list(dirname(claim)).catch((): string[] => []);
  return names.sort().flatMap((name) => {
    const time = Number(/(\d+)[^\d]*$/.exec(withoutSuffix(name, sink))?.[1] ?? Number.NaN);
    return Number.isSafeInteger(time) && basename(batchFolder(sink, time).claim) === name ? [time] : [];
  });
}

/** The part of a claim's name with the time at its end. */
function withoutSuffix(name: string, sink: TextFileSink): string {
  const end = basename(batchFolder({ ...sink, prefix: "" }, 0).claim).slice(".0".length);
  return name.endsWith(end) ? name.slice(0, -end.length) : "";
}
