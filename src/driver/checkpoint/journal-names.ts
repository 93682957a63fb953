import { join } from "node:path";
import { checkpointUnavailable } from "../../errors/unavailable.ts";
import type { FileSystem } from "../../runtime/files/file-system.ts";

// Each driver that opens a checkpoint has a generation, one more than the driver before. It is in the journal's name, so that a driver
// which was replaced while it slept, and wakes up, can put nothing in the place of what its successor writes.

/** "journal.3". The first journals had no generation in their name: 0. */
export function journalOf(generation: number): string {
  return `journal.${generation}`;
}

/** The generation in a file's name; undefined for a file that is no journal, or not a whole one yet. */
export function generationOf(name: string): number | undefined {
  const match = /^journal(?:\.(\d+))?$/.exec(name);
  return match === null ? undefined : Number(match[1] ?? 0);
}

/** The journal of the newest generation; undefined when there is none. @throws CHECKPOINT_UNAVAILABLE */
export async function newestJournal(
  directory: string,
  fs: FileSystem,
): Promise<{ readonly name: string; readonly generation: number } | undefined> {
  const names = await fs.list(directory).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === "ENOENT") return [];
    throw checkpointUnavailable(`the folder ${directory} cannot be read`, error);
  });
  const journals = names.flatMap((name) => {
    const generation = generationOf(name);
    return generation === undefined ? [] : { name, generation };
  });
  return journals.toSorted((a, b) => b.generation - a.generation)[0];
}

/** What checkpoints that were set aside are called. */
export const setAsidePrefix = "damaged-";

/** The last generation of the checkpoints that were set aside; 0 when there are none. @throws CHECKPOINT_UNAVAILABLE */
export async function lastSetAside(directory: string, fs: FileSystem): Promise<number> {
  const names = await fs.list(directory).catch((error: unknown) => {
    throw checkpointUnavailable(`the folder ${directory} cannot be read`, error);
  });
  let last = 0;
  for (const name of names.sort().filter((candidate) => candidate.startsWith(setAsidePrefix))) {
    const newest = await newestJournal(join(directory, name), fs);
    last = Math.max(last, newest?.generation ?? 0);
  }
  return last;
}

/**
 * Removes journals before a generation, and what was to become one of it or of those before: nothing of a driver that has begun a
 * later one meanwhile. What cannot be removed is read by nobody.
 */
export async function removeJournalsBefore(generation: number, directory: string, fs: FileSystem): Promise<void> {
  const names = await fs.list(directory).catch((): string[] => []);
  const isLeft = (name: string): boolean => {
    const unnamed = /^journal\.(\d+)\..*\.new$/.exec(name)?.[1];
    return (generationOf(name) ?? generation) < generation || (unnamed !== undefined && Number(unnamed) <= generation);
  };
  await Promise.allSettled(
    names
      .filter(isLeft)
      .sort()
      .map((name) => fs.remove(join(directory, name))),
  );
}
