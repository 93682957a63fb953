import { hostname } from "node:os";
import { resolve } from "node:path";
import { DStreamError } from "../errors/dstream-error.ts";
import { fileUnavailable } from "../errors/unavailable.ts";
import { makeFolder } from "../runtime/files/make-folder.ts";
import { FolderLock } from "../runtime/lock/folder-lock.ts";
import { thisMachine } from "../runtime/machine/machine.ts";

/** Takes a folder for this broker. @throws INVALID_OPTION while another broker has it; FILE_UNAVAILABLE */
export async function lockDir(dir: string): Promise<FolderLock> {
  let taken: Awaited<ReturnType<typeof FolderLock.take>>;
  try {
    await makeFolder(resolve(dir));
    taken = await FolderLock.take(dir, thisMachine);
  } catch (cause) {
    throw fileUnavailable(dir, "written", cause);
  }
  if (taken instanceof FolderLock) return taken;
  const { pid, host } = taken;
  const where = host === hostname() ? "" : ` on ${host}`;
  throw new DStreamError("INVALID_OPTION", `dir ${dir} is in use by the embedded broker of process ${pid}${where}`, {
    data: { option: "dir", pid, host },
  });
}
