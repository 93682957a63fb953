import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { DStreamError } from "../../errors/dstream-error.ts";

// The build hash of decision D2. Driver and workers load the job's file at different times, so each of its modules could be
// another one by then. Comparing too many files does no harm where comparing too few does, and Node offers no parser for
// modules in TypeScript: so imports are found by their form, also in comments and strings.

/** SHA-256 of each module of a job, by path: its file, and what it imports from files of its own, directly or not. */
export type JobBuild = Readonly<Record<string, string>>;

const fileImports = /\b(?:from|import)\s*\(?\s*["'`]((?:\.{0,2}\/|file:)[^"'`\n]*)["'`]/g;
const ownFolder = fileURLToPath(new URL("../../", import.meta.url));
const dependencies = `${sep}node_modules${sep}`;

/** The modules as they are on disk now, at the call, not some time later. @throws INVALID_OPTION when the job's file can't be read. */
export async function readJobBuild(jobFile: string): Promise<JobBuild> {
  const build: Record<string, string> = {};
  const waiting = [jobFile];
  const seen = new Set(waiting);
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const source = readNow(path, jobFile);
    if (source === undefined) continue;
    build[path] = hashOf(source);
    for (const imported of fileImportsOf(path, source.toString())) {
      if (seen.has(imported) || imported.includes(dependencies) || imported.startsWith(ownFolder)) continue;
      seen.add(imported);
      waiting.push(imported);
    }
  }
  return build;
}

/** A module that is no longer what it was when `build` was read; undefined when none is. */
export async function changedModule(build: JobBuild): Promise<string | undefined> {
  const changed = await Promise.all(
    Object.entries(build).map(async ([path, hash]) => {
      const source = await readFile(path).catch(() => undefined);
      return source !== undefined && hashOf(source) === hash ? undefined : path;
    }),
  );
  return changed.find((path) => path !== undefined);
}

function* fileImportsOf(path: string, source: string): Generator<string> {
  for (const [, specifier] of source.matchAll(fileImports)) {
    try {
      yield fileURLToPath(new URL(specifier as string, pathToFileURL(path)));
    } catch {
      // No file can have this name, so it is no import.
    }
  }
}

function readNow(path: string, jobFile: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (path === jobFile) throw unreadable(jobFile, error);
    return undefined;
  }
}

function hashOf(source: Uint8Array): string {
  return createHash("sha256").update(source).digest("hex");
}

function unreadable(jobFile: string, cause: unknown): DStreamError {
  const text = `the job's file ${jobFile} cannot be read; set jobFile to the module that workers load`;
  return new DStreamError("INVALID_OPTION", text, { cause, data: { option: "jobFile" } });
}
