import { dirname, join } from "node:path";
import { decodeRows } from "../../codec/block.ts";
import { fileUnavailable } from "../../errors/unavailable.ts";
import type { TextFileSink } from "../../plan/graph/output.ts";
import type { FileSystem } from "../../runtime/files/file-system.ts";
import { writeFile } from "../../runtime/files/whole-file.ts";
import type { Machine } from "../../runtime/machine/machine.ts";
import { uniqueId } from "../../runtime/machine/random.ts";
import { batchFolder } from "../../sources/files/reading/batch-folder.ts";
import type { CollectedOutput } from "../batch/collected-output.ts";

type FilesMachine = Pick<Machine, "files" | "random">;

// Files of a batch become visible with its commit, all at once: tasks write them aside, the driver puts those of the accepted
// attempts together, and when the batch is committed renames the folder. A driver that dies before the commit runs the
// batch again, over what lies aside; one that dies behind it renames when it starts.

/** Puts the files of a batch together, one for each partition. @throws FILE_UNAVAILABLE */
export async function gatherTextFiles(
  sink: TextFileSink,
  { parts }: CollectedOutput,
  time: number,
  files: FileSystem,
): Promise<void> {
  const { written, ready } = batchFolder(sink, time);
  const leftovers = new Set([written]);
  try {
    await files.removeTree(ready);
    await files.makeDirectory(ready);
    for (const [partition, { blocks }] of parts.entries()) {
      const part = join(ready, `part-${String(partition).padStart(5, "0")}`);
      const [path] = blocks.flatMap((block) => decodeRows(block)) as string[];
      if (path === undefined) {
        // A partition that had nothing to read may have had no task.
        await writeFile(part, new Uint8Array(0), files);
      } else {
        await files.rename(path, part);
        leftovers.add(dirname(path));
      }
    }
    await writeFile(join(ready, "_SUCCESS"), new Uint8Array(0), files);
    for (const folder of leftovers) await files.removeTree(folder);
    await files.syncDirectory(ready);
    await files.syncDirectory(dirname(ready));
  } catch (cause) {
    const advice = "; tasks and driver must reach the folder by the same path";
    throw fileUnavailable(ready, "written", cause, advice);
  }
}

/**
 * Shows the files of a committed batch, in place of what an earlier job may have left there. Nothing happens where they are
 * shown already. @throws FILE_UNAVAILABLE; the job that goes on from the checkpoint then does it.
 */
export async function showTextFiles(
  sinks: readonly TextFileSink[],
  time: number,
  machine: FilesMachine,
): Promise<void> {
  const { files } = machine;
  for (const sink of sinks) {
    const { ready, final } = batchFolder(sink, time);
    try {
      if ((await files.status(ready)) === undefined) continue;
      await show(ready, final, machine);
      await files.syncDirectory(dirname(final));
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
async function show(ready: string, final: string, { files, random }: FilesMachine): Promise<void> {
  const before = `${ready}.${uniqueId(random)}.before`;
  const renameTo = (to: string, from: string): ReturnType<typeof renamed> => renamed(to, from, files);
  for (let attempt = 1; ; attempt++) {
    const became = await renameTo(final, ready);
    if (became !== "in the way") return;
    if ((await renameTo(before, final)) === "renamed") {
      const shown = await renameTo(final, ready);
      // Gone: it was the batch's files that stood there.
      const isBack = shown === "gone" && (await renameTo(final, before)) === "renamed";
      if (!isBack) await files.removeTree(before);
      if (shown !== "in the way") return;
    }
    if (attempt === maxAttempts) throw new Error(`other drivers write there`);
  }
}

/** What became of a folder that was to get a name. */
async function renamed(to: string, from: string, files: FileSystem): Promise<"renamed" | "gone" | "in the way"> {
  try {
    await files.rename(from, to);
    return "renamed";
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return "gone";
    if (["ENOTEMPTY", "EEXIST", "ENOTDIR", "EPERM"].includes(code)) return "in the way";
    throw error;
  }
}
