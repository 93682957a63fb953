import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { uniqueId } from "../unique-id.ts";
import { makeFolder } from "./make-folder.ts";

/**
 * Makes the file or folder at `path` unless it is there. It is made aside and renamed, so that it is whole whenever it is there;
 * of several processes that make it at once one wins. Returns `path`.
 */
export async function makeOnce(path: string, make: (aside: string) => Promise<void>): Promise<string> {
  if (existsSync(path)) return path;
  // Not by the process id: containers that share the folder all have the same.
  const aside = `${path}.${uniqueId()}.partial`;
  await makeFolder(dirname(path));
  try {
    await make(aside);
    await rename(aside, path).catch((error: unknown) => {
      if (!existsSync(path)) throw error;
    });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
  return path;
}
