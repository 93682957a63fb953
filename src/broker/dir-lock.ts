import { resolve } from "node:path";
import { DStreamError } from "../errors/dstream-error.ts";
import { fileUnavailable } from "../errors/unavailable.ts";
import type { JobRuntime } from "../runtime/job-runtime.ts";
import { FolderLock } from "../runtime/lock/folder-lock.ts";
import type { Machine } from "../runtime/machine/machine.ts";

/** Takes a folder for this broker. @throws INVALID_OPTION while another broker has it; FILE_UNAVAILABLE */
export async function lockDir(dir: string, runtime: Machine & Pick<JobRuntime, "process">): Promise<FolderLock> {
  let taken: Awaited<ReturnType<typeof FolderLock.take>>;
  try {
    await runtime.files.makeDirectory(resolve(dir));
    taken = await FolderLock.take(dir, runtime, { process: runtime.process });
  } catch (cause) {
    throw fileUnavailable(dir, "written", cause);
  }
  if (taken instanceof FolderLock) return taken;
  const { pid, host } = taken;
  const where = host === runtime.process.identity().host ? "" : ` on ${host}`;
  throw new DStreamError("INVALID_OPTION", `dir ${dir} is in use by the embedded broker of process ${pid}${where}`, {
    data: { option: "dir", pid, host },
  });
}
