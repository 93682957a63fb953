import { relative } from "node:path";

/** A path as people read it: below the working directory relative to it. */
export function shownPath(path: string): string {
  const shown = relative(process.cwd(), path);
  return shown.startsWith("..") ? path : shown;
}
