import { access, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DStreamError } from "../../errors/dstream-error.ts";
import { thisMachine } from "../../runtime/machine/machine.ts";
import { uniqueId } from "../../runtime/machine/random.ts";
import type { SharedSession } from "./shared-session.ts";

/**
 * Makes sure that driver and executors see one folder: the driver leaves a file that every slot's worker must find, and each of
 * them leaves one that the driver must find.
 *
 * @throws STATE_PATH_NOT_SHARED naming the host that does not share it, and what keeps it from doing so.
 */
export async function checkSharedFolder(session: SharedSession, path: string): Promise<void> {
  const token = `shared-${uniqueId(thisMachine.random)}`;
  const left = [join(path, token)];
  try {
    await writeFile(join(path, token), "");
    const reports = await session.probe({ kind: "probe", sharedFolder: { path, token } });
    left.push(...reports.map(({ partition }) => join(path, `${token}.${partition}`)));
    for (const { host, folderProblem, partition } of reports) {
      if (folderProblem !== undefined) throw notShared(path, host, folderProblem);
      await access(join(path, `${token}.${partition}`)).catch(() => {
        throw notShared(path, host, "what its worker writes there does not arrive here");
      });
    }
  } finally {
    await Promise.allSettled(left.map((file) => rm(file, { force: true })));
  }
}

function notShared(path: string, host: string, problem: string): DStreamError {
  const text = `an executor on ${host} does not share the folder ${path} with the driver: ${problem}; set checkpointDir to a folder that driver and executors reach by the same path`;
  return new DStreamError("STATE_PATH_NOT_SHARED", text, { data: { option: "checkpointDir", path, host } });
}
