import { fileURLToPath } from "node:url";
import { shownPath } from "../shown/shown-path.ts";

const ownSources = fileURLToPath(new URL("../../", import.meta.url));
const dependencies = /[\\/]node_modules[\\/]/;
/** The place of a line "at f (file:///job.ts:1:2)" or "at /job.ts:1:2"; "node:internal/…" is none. */
const framePosition = /^at (?:.*\(|async )?((?:file:\/\/)?\/[^():]*|[A-Za-z]:\\[^():]*):(\d+):(\d+)\)?$/;

/** Whose code a frame of a stack is: this package's, a package's that somebody depends on, or the program's. */
type Owner = "own" | "dependency" | "program";

interface Frame {
  readonly owner: Owner;
  readonly path: string;
  readonly position: string;
}

/**
 * The first place of a stack that is the user's own: not this package, not Node, not a dependency; "word-count.ts:9:32", below
 * the working directory relative to it. Undefined when there is none.
 */
export function userFrame(stack: string | undefined): string | undefined {
  for (const { owner, path, position } of framesOf(stack)) {
    if (owner === "program") return `${shownPath(path)}${position}`;
  }
  return undefined;
}

/** Where the user's program is right now. */
export function callSite(): string | undefined {
  return userFrame(new Error().stack);
}

/**
 * Where this package itself went wrong: the place at the top of a stack, when it is in this package and no code of the program had
 * called it. Code that was made of the program's operators is the program's.
 */
export function faultOfOwn(stack: string | undefined): string | undefined {
  const line = (stack ?? "").split("\n").find((candidate) => /^ +at /.test(candidate) && !candidate.includes("(node:"));
  if (line === undefined) return undefined;
  const [top] = framesOf(`\n${line}`);
  if (top?.owner !== "own" || userFrame(stack) !== undefined) return undefined;
  return `${top.path.slice(ownSources.length)}${top.position}`;
}

function* framesOf(stack: string | undefined): Generator<Frame> {
  for (const line of (stack ?? "").split("\n").slice(1)) {
    const match = framePosition.exec(line.trim());
    if (match === null) continue;
    const [, file, row, column] = match as unknown as [string, string, string, string];
    const path = file.startsWith("file://") ? pathOf(file) : file;
    yield { owner: ownerOf(path), path, position: `:${row}:${column}` };
  }
}

/** A stack is text that anybody may have written. */
function pathOf(url: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    return url;
  }
}

function ownerOf(path: string): Owner {
  if (path.startsWith(ownSources) && !path.endsWith(".test.ts")) return "own";
  return dependencies.test(path) ? "dependency" : "program";
}
