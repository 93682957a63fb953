import type { Dirent } from "node:fs";
import fs from "node:fs/promises";
import { basename, join } from "node:path";
import { nodeCodeOf } from "../../errors/shown/thrown.ts";
import type { SourceFile } from "../../plan/graph/nodes/source.ts";

/** Which files of a folder count. */
export interface FileChoice {
  /** A path, or a pattern of folders: `*`, `?`, `[abc]`, `{a,b}`. */
  readonly directory: string;
  /** Given the absolute path. */
  readonly filter: (path: string) => boolean;
  /** Files that were changed later than this, and not later than `until`: epoch ms. */
  readonly after: number;
  readonly until: number;
}

/** Names that begin with a dot are of files that are still being written, or hidden. */
export function isShown(path: string): boolean {
  return !basename(path).startsWith(".");
}

/** The files that count, by path; undefined when there is no such folder. A file that vanishes meanwhile is left out. */
export async function newFiles({ directory, filter, after, until }: FileChoice): Promise<SourceFile[] | undefined> {
  const folders = await foldersOf(directory);
  if (folders.length === 0) return undefined;
  const found: SourceFile[] = [];
  for (const folder of folders.sort()) {
    const entries = await fs.readdir(folder, { withFileTypes: true }).catch(unlessGone<Dirent[]>([]));
    for (const { name } of entries.filter((entry) => entry.isFile() || entry.isSymbolicLink())) {
      const path = join(folder, name);
      if (!filter(path)) continue;
      const file = await fs.stat(path).catch(unlessGone(undefined));
      if (!file?.isFile()) continue;
      const changed = Math.floor(file.mtimeMs);
      if (changed > after && changed <= until) found.push({ path, length: file.size });
    }
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function foldersOf(directory: string): Promise<string[]> {
  const literal = await fs.stat(directory).catch(unlessGone(undefined));
  if (literal !== undefined) return literal.isDirectory() ? [directory] : [];
  const folders: string[] = [];
  for await (const path of fs.glob(directory)) {
    if ((await fs.stat(path).catch(unlessGone(undefined)))?.isDirectory()) folders.push(path);
  }
  return folders;
}

/** Files come and go while they are looked at. Any other error counts. */
function unlessGone<T>(otherwise: T): (error: unknown) => T {
  return (error) => {
    const code = nodeCodeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return otherwise;
    throw error;
  };
}
