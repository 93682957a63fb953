import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** Calls `use` with the folder, or with a temporary one, which is removed afterwards. */
export async function withCheckpoint(
  directory: string | undefined,
  use: (directory: string) => Promise<void>,
): Promise<void> {
  if (directory !== undefined) return use(resolve(directory));
  const temporary = await mkdtemp(join(tmpdir(), "dstream-test-"));
  try {
    await use(temporary);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}
