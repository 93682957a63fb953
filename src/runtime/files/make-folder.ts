import { mkdirSync, statSync } from "node:fs";
import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

// Not Node's own recursive mkdir: where a folder cannot be made it says ENOENT of a file system that is read-only, and where the
// system itself answers ENOENT below a folder that is there, as in /proc, it never ends.

/** Makes a folder with those above it; nothing happens when it is there. @throws the system's own reason at the first that cannot be made */
export async function makeFolder(path: string): Promise<void> {
  for (const missing of await missingFolders(path)) {
    await mkdir(missing).catch(async (error: unknown) => {
      // Somebody else may have made it meanwhile.
      if (!(await isFolder(missing))) throw notMade(missing, error);
    });
  }
}

/** The same for code that cannot wait. */
export function makeFolderSync(path: string): void {
  const missing: string[] = [];
  for (let at = path; !isFolderSync(at) && dirname(at) !== at; at = dirname(at)) missing.unshift(at);
  for (const folder of missing) {
    try {
      mkdirSync(folder);
    } catch (error) {
      if (!isFolderSync(folder)) throw notMade(folder, error);
    }
  }
}

/** Two codes mislead here: a file is in the place of the folder, or the system takes none below one that is there. */
function notMade(path: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  const real = code === "EEXIST" ? "ENOTDIR" : code === "ENOENT" ? "ENOTSUP" : undefined;
  if (real === undefined) return error;
  return Object.assign(new Error(`${real}: ${path} cannot be made a folder`), { code: real, syscall: "mkdir", path });
}

/** From the top. */
async function missingFolders(path: string): Promise<string[]> {
  const missing: string[] = [];
  for (let at = path; !(await isFolder(at)) && dirname(at) !== at; at = dirname(at)) missing.unshift(at);
  return missing;
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

function isFolderSync(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
