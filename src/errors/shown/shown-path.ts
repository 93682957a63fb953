import { relative } from "node:path";

let folder: string | undefined;

/** For workers elsewhere, where the program's working directory is none. */
export function showPathsFrom(workingDirectory: string): void {
  folder = workingDirectory;
}

/** A path as people read it: below the program's working directory relative to it. */
export function shownPath(path: string): string {
  const shown = relative(folder ?? process.cwd(), path);
  return shown.startsWith("..") ? path : shown;
}
