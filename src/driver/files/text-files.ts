import { existsSync } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { decodeRows } from "../../codec/block.ts";
import { fileUnavailable } from "../../errors/unavailable.ts";
import type { TextFileSink } from "../../plan/graph/output.ts";
import { nodeFileSystem } from "../../runtime/files/file-system.ts";
import { makeFolder } from "../../runtime/files/make-folder.ts";
import { uniqueId } from "../../runtime/unique-id.ts";
import { batchFolder } from "../../sources/files/reading/batch-folder.ts";
import type { CollectedOutput } from "../batch/collected-output.ts";

// Files of a batch become visible with its commit, all at once: tasks write them aside, the driver puts those of the accepted
// attempts together, and when the batch is committed renames the folder. A driver that dies before the commit runs the
// batch again, over what lies aside; one that dies behind it renames when it starts.

/** Puts the files of a batch together, one for each partition. @throws FILE_UNAVAILABLE */
export async function gatherTextFiles(sink: TextFileSink, { parts }: CollectedOutput, time: number): Promise<void> {
  const { written, ready } = batchFolder(sink, time);
  const leftovers = new Set([written]);
  try {
    await rm(ready, { recursive: true, force: true });
    await makeFolder(ready);
    for (const [partition, { blocks }] of parts.entries()) {
      const part = join(ready, `part-${String(partition).padStart(5, "0")}`);
      const [path] = blocks.flatMap((block) => decodeRows(block)) as string[];
      if (path === undefined) {
        // A partition that had nothing to read may have had no task.
        await writeFile(part, "");
      } else {
        await rename(path, part);
        leftovers.add(dirname(path));
      }
    }
    await writeFile(join(ready, "_SUCCESS"), "");
    for (const folder of leftovers) await rm(folder, { recursive: true, force: true });
    await nodeFileSystem.syncDirectory(ready);
    await nodeFileSystem.syncDirectory(dirname(ready));
  } catch (cause) {
    const advice = "; tasks and driver must reach the folder by the same path";
    throw fileUnavailable(ready, "written", cause, advice);
  }
}

/**
 * Shows the files of a committed batch, in place of what an earlier job may have left there. Nothing happens where they are
 * shown already. @throws FILE_UNAVAILABLE; the job that goes on from the checkpoint then does it.
 */
export async function showTextFiles(sinks: readonly TextFileSink[], time: number): Promise<void> {
  for (const sink of sinks) {
    const { ready, final } = batchFolder(sink, time);
    if (!existsSync(ready)) continue;
    try {
      await show(ready, final);
      await nodeFileSystem.syncDirectory(dirname(final));
    } catch (cause) {
      throw fileUnavailable(final, "written", cause);
    }
  }
}

/** Drivers that show the same files at the same moment get into each other's way no oftener. */
const maxAttempts = 10;

/**
 * Nothing is removed before the batch's files are in their place: a driver that has taken over meanwhile may have shown them, and then
 * it is its files that stand there.
 */
async function show(ready: string, final: string): Promise<void> {
  const before = `${ready}.${uniqueId()}.before`;
  for (let attempt = 1; ; attempt++) {
    const renamed = await renameTo(final, ready);
    if (renamed !== "in the way") return;
    if ((await renameTo(before, final)) === "renamed") {
      const shown = await renameTo(final, ready);
      // Gone: it was the batch's files that stood there.
      const isBack = shown === "gone" && (await renameTo(final, before)) === "renamed";
      if (!isBack) await rm(before, { recursive: true, force: true });
      if (shown !== "in the way") return;
    }
    if (attempt === maxAttempts) throw new Error(`other drivers write there`);
  }
}

/** What became of a folder that was to get a name. */
async function renameTo(to: string, from: string): Promise<"renamed" | "gone" | "in the way"> {
  try {
    await rename(from, to);
    return "renamed";
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return "gone";
    if (["ENOTEMPTY", "EEXIST", "ENOTDIR", "EPERM"].includes(code)) return "in the way";
    throw error;
  }
}
