import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { makeFolder } from "../../runtime/files/make-folder.ts";

/** Calls `use` with the folder, which is made where it is not there, or with a temporary one, which is removed afterwards. */
export async function withCheckpoint(
  directory: string | undefined,
  use: (directory: string) => Promise<void>,
): Promise<void> {
  if (directory !== undefined) {
    const given = resolve(directory);
    await makeFolder(given);
    return use(given);
  }
  const temporary = await mkdtemp(join(tmpdir(), "dstream-test-"));
  try {
    await use(temporary);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}
