import { dirname } from "node:path";
import type { Machine } from "../machine/machine.ts";
import { uniqueId } from "../machine/random.ts";

/**
 * Makes the file or folder at `path` unless it is there. It is made aside and renamed, so that it is whole whenever it is there;
 * of several processes that make it at once one wins. Returns `path`.
 */
export async function makeOnce(
  { files, random }: Pick<Machine, "files" | "random">,
  path: string,
  make: (aside: string) => Promise<void>,
): Promise<string> {
  const isThere = async (): Promise<boolean> => (await files.status(path)) !== undefined;
  if (await isThere()) return path;
  // Not by the process id: containers that share the folder all have the same.
  const aside = `${path}.${uniqueId(random)}.partial`;
  await files.makeDirectory(dirname(path));
  try {
    await make(aside);
    await files.rename(aside, path).catch(async (error: unknown) => {
      if (!(await isThere())) throw error;
    });
  } finally {
    await files.removeTree(aside);
  }
  return path;
}
