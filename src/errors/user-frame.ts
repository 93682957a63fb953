import { fileURLToPath } from "node:url";
import { shownPath } from "./shown-path.ts";

const ownSources = fileURLToPath(new URL("../", import.meta.url));
const ownDependencies = /[\\/]node_modules[\\/]/;
/** The place of a line "at f (file:///job.ts:1:2)" or "at /job.ts:1:2"; "node:internal/…" is none. */
const framePosition = /^at (?:.*\(|async )?((?:file:\/\/)?\/[^():]*|[A-Za-z]:\\[^():]*):(\d+):(\d+)\)?$/;

/**
 * The first place of a stack that is the user's own: not this package, not Node, not a dependency; "word-count.ts:9:32", below
 * the working directory relative to it. Undefined when there is none.
 */
export function userFrame(stack: string | undefined): string | undefined {
  for (const line of (stack ?? "").split("\n").slice(1)) {
    const match = framePosition.exec(line.trim());
    if (match === null) continue;
    const [, file, row, column] = match as unknown as [string, string, string, string];
    const path = file.startsWith("file://") ? fileURLToPath(file) : file;
    const isOwn = path.startsWith(ownSources) && !path.endsWith(".test.ts");
    if (isOwn || ownDependencies.test(path)) continue;
    return `${shownPath(path)}:${row}:${column}`;
  }
  return undefined;
}

/** Where the user's program is right now. */
export function callSite(): string | undefined {
  return userFrame(new Error().stack);
}
