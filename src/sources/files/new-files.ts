import { basename, join } from "node:path";
import type { SourceFile } from "../../plan/graph/nodes/source.ts";
import type { FileSystem } from "../../runtime/files/file-system.ts";
import { foldersLike, namesIn, statusOf } from "./folders-like.ts";

/** Which files of a folder count. */
export interface FileChoice {
  /** A path, or a pattern of folders: `*`, `?`, `[abc]`, `{a,b}`. */
  readonly directory: string;
  /** Given the absolute path, of folders, too: what is a file is asked of those only that it takes. */
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
export async function newFiles(
  { directory, filter, after, until }: FileChoice,
  files: FileSystem,
): Promise<SourceFile[] | undefined> {
  const folders = await foldersLike(directory, files);
  if (folders.length === 0) return undefined;
  const found: SourceFile[] = [];
  for (const folder of folders) {
    for (const name of await namesIn(folder, files)) {
      const path = join(folder, name);
      const file = filter(path) ? await statusOf(path, files) : undefined;
      if (!file?.isFile) continue;
      const changed = Math.floor(file.modifiedMs);
      if (changed > after && changed <= until) found.push({ path, length: file.size });
    }
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}
