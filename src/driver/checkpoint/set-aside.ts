import { join } from "node:path";
import { checkpointUnavailable } from "../../errors/unavailable.ts";
import type { JobRuntime } from "../../runtime/job-runtime.ts";
import type { LockMachine } from "../../runtime/lock/folder-lock.ts";
import { uniqueId } from "../../runtime/machine/random.ts";
import { generationOf, setAsidePrefix } from "./journal-names.ts";
import { Lock } from "./lock.ts";

/** Whose lock the folder has meanwhile is `process`'s. Default: this process. */
export type SettingAside = LockMachine & Partial<Pick<JobRuntime, "process">>;

/**
 * Moves a checkpoint that cannot be read into a folder beside it, so that the job can begin anew and nothing is thrown away.
 * Returns that folder.
 *
 * Files are moved by the names that were there while the lock was held: a driver that takes over meanwhile uses others, since its
 * journal has the next generation and its batches come later.
 *
 * @throws CHECKPOINT_LOCKED, CHECKPOINT_UNAVAILABLE
 */
export async function setAside(directory: string, runtime: SettingAside): Promise<string> {
  const { files: fs, random, process } = runtime;
  const lock = await Lock.take(directory, runtime, { process });
  const aside = join(directory, `${setAsidePrefix}${uniqueId(random)}`);
  try {
    await fs.makeDirectory(join(aside, "state"));
    const journals = (await fs.list(directory)).filter((name) => generationOf(name) !== undefined).sort();
    const files = (await fs.list(join(directory, "state")).catch((): string[] => [])).sort();
    await lock.check();
    // Journals first: they say what the files are.
    for (const name of [...journals, ...files.map((file) => join("state", file))]) {
      await fs.rename(join(directory, name), join(aside, name));
    }
    await fs.syncDirectory(directory);
  } catch (error) {
    throw checkpointUnavailable(`the checkpoint in ${directory} cannot be set aside`, await lock.explain(error));
  } finally {
    await lock.release();
  }
  return aside;
}
