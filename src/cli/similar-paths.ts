import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { nearest } from "../errors/checks/nearest.ts";

const jobFileName = /^(?!.*\.d\.[cm]?ts$).*\.[cm]?[jt]s$/;
const maxNames = 3;

/** Paths that exist and look like one that does not; its folders may be misspelt, too. */
export function similarPaths(path: string): string[] {
  const folder = dirname(path);
  const folders = folder === path || existsSync(folder) ? [folder] : similarPaths(folder);
  return folders.flatMap((found) => nearest(basename(path), namesIn(found)).map((name) => join(found, name)));
}

/** Some files of a folder that could be a job's. */
export function jobFilesIn(folder: string): string[] {
  const names = namesIn(folder).filter((name) => jobFileName.test(name));
  return names.slice(0, maxNames).map((name) => join(folder, name));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    // A file, or a folder that may not be read.
    return [];
  }
}
