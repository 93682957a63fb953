import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The environment variables with these names, those that are set: what workers elsewhere get. */
export function namedVariables(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

/** The module that workers load: the one that the program names, else its entry. An absolute path. */
export function jobFilePath(jobFile: string | URL | undefined): string {
  if (jobFile === undefined) return resolve(process.argv[1] ?? "");
  return jobFile instanceof URL || jobFile.startsWith("file:") ? fileURLToPath(jobFile) : resolve(jobFile);
}
