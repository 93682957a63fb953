import { join } from "node:path";
import { checkpointUnavailable } from "../../errors/checkpoint-unavailable.ts";
import type { FileSystem } from "../../runtime/file-system.ts";
import { uniqueId } from "../../runtime/unique-id.ts";
import { generationOf } from "./journal-names.ts";
import { Lock } from "./lock.ts";

/**
 * Moves a checkpoint that cannot be read into a folder beside it, so that the job can begin anew and nothing is thrown away.
 * Returns that folder.
 *
 * @throws CHECKPOINT_LOCKED, CHECKPOINT_UNAVAILABLE
 */
export async function setAside(directory: string, fs: FileSystem): Promise<string> {
  const lock = await Lock.take(directory, fs);
  const aside = join(directory, `damaged-${uniqueId()}`);
  try {
    await fs.makeDirectory(aside);
    const names = await fs.list(directory);
    for (const name of names) {
      const isCheckpoint = name === "state" || generationOf(name) !== undefined;
      if (isCheckpoint) await fs.rename(join(directory, name), join(aside, name));
    }
    await fs.syncDirectory(directory);
  } catch (error) {
    throw checkpointUnavailable(`the checkpoint in ${directory} cannot be set aside`, error);
  } finally {
    await lock.release();
  }
  return aside;
}
