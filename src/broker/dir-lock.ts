import { resolve } from "node:path";
import { DStreamError } from "../errors/dstream-error.ts";
import { fileUnavailable } from "../errors/unavailable.ts";
import type { FileSystem } from "../runtime/files/file-system.ts";
import { FolderLock } from "../runtime/lock/folder-lock.ts";
import type { HostProcess } from "../runtime/process/this-process.ts";

/** Takes a folder for this broker. @throws INVALID_OPTION while another broker has it; FILE_UNAVAILABLE */
export async function lockDir(dir: string, files: FileSystem, process: HostProcess): Promise<FolderLock> {
  let taken: Awaited<ReturnType<typeof FolderLock.take>>;
  try {
    await files.makeDirectory(resolve(dir));
    taken = await FolderLock.take(dir, files, { process });
  } catch (cause) {
    throw fileUnavailable(dir, "written", cause);
  }
  if (taken instanceof FolderLock) return taken;
  const { pid, host } = taken;
  const where = host === process.identity().host ? "" : ` on ${host}`;
  throw new DStreamError("INVALID_OPTION", `dir ${dir} is in use by the embedded broker of process ${pid}${where}`, {
    data: { option: "dir", pid, host },
  });
}
