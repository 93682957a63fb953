import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { HostProcess } from "../../runtime/process/this-process.ts";

/** The environment variables with these names, those that are set: what workers elsewhere get. */
export function namedVariables(names: readonly string[], { environment }: HostProcess): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]])),
  );
}

/** The module that workers load: the one that the program names, else its entry. An absolute path. */
export function jobFilePath(jobFile: string | URL | undefined, { program }: HostProcess): string {
  if (jobFile === undefined) return resolve(program[0] ?? "");
  return jobFile instanceof URL || jobFile.startsWith("file:") ? fileURLToPath(jobFile) : resolve(jobFile);
}
