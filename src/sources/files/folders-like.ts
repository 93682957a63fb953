import { join, matchesGlob, parse } from "node:path";
import { nodeCodeOf } from "../../errors/shown/thrown.ts";
import type { FileStatus, FileSystem } from "../../runtime/files/file-system.ts";

/** The folder of a path, or those that a pattern of folders means, by path; none where nothing has such a name. */
export async function foldersLike(directory: string, files: FileSystem): Promise<string[]> {
  const literal = await statusOf(directory, files);
  if (literal !== undefined) return literal.isDirectory ? [directory] : [];
  const found = new Set<string>();
  for (const pattern of alternatives(directory)) {
    const { root } = parse(pattern);
    const names = pattern.slice(root.length).split(/[\\/]/);
    for (const folder of await foldersBelow(root, names, files)) found.add(folder);
  }
  return [...found].sort();
}

/** Names in a folder; none where it is gone. Files and folders come and go while they are looked at. */
export async function namesIn(folder: string, files: FileSystem): Promise<string[]> {
  return (await files.list(folder).catch(unlessGone<string[]>([]))).sort();
}

export function statusOf(path: string, files: FileSystem): Promise<FileStatus | undefined> {
  return files.status(path).catch(unlessGone(undefined));
}

/** Folders whose path below `folder` is like a list of patterns of names. */
async function foldersBelow(
  folder: string,
  [name, ...others]: readonly string[],
  files: FileSystem,
): Promise<string[]> {
  if (name === undefined) return (await statusOf(folder, files))?.isDirectory ? [folder] : [];
  if (!isPattern(name)) return foldersBelow(join(folder, name), others, files);
  const isAnyDepth = name === "**";
  const found = isAnyDepth ? await foldersBelow(folder, others, files) : [];
  for (const child of await namesIn(folder, files)) {
    const isLike = isAnyDepth ? !child.startsWith(".") : matchesGlob(child, name);
    const path = join(folder, child);
    if (!isLike || !(await statusOf(path, files))?.isDirectory) continue;
    found.push(...(await foldersBelow(path, isAnyDepth ? [name, ...others] : others, files)));
  }
  return found;
}

const isPattern = (name: string): boolean => /[*?[{]/.test(name);

/** A pattern for each alternative that braces give, since those may have separators inside. */
function alternatives(pattern: string): string[] {
  const [all, inside] = /\{([^{}]*,[^{}]*)\}/.exec(pattern) ?? [];
  if (all === undefined || inside === undefined) return [pattern];
  return inside.split(",").flatMap((one) => alternatives(pattern.replace(all, () => one)));
}

/** Any other error counts. */
function unlessGone<T>(otherwise: T): (error: unknown) => T {
  return (error) => {
    const code = nodeCodeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return otherwise;
    throw error;
  };
}
