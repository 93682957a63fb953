import { basename, dirname, join } from "node:path";
import { DStreamError } from "../../errors/dstream-error.ts";
import { operatorText } from "../../errors/user-code/user-function-failed.ts";
import type { FilesOutput } from "../../plan/graph/output.ts";
import type { Graph } from "../../plan/graph/plan-builder.ts";
import type { FileSystem } from "../../runtime/files/file-system.ts";
import { batchFolder } from "../../sources/files/reading/batch-folder.ts";

/**
 * Refuses outputs whose batches would be the same folders: each would replace, or lose, the files of the other.
 *
 * @throws INVALID_OPTION
 */
export async function checkTextFiles({ outputs }: Graph, files: FileSystem): Promise<void> {
  const seen = new Map<string, FilesOutput>();
  for (const output of outputs) {
    if (output.kind !== "files") continue;
    const folder = await realPath(batchFolder(output.sink, 0).final, files);
    const other = seen.get(folder);
    seen.set(folder, output);
    if (other === undefined) continue;
    const { prefix, suffix } = output.sink;
    const text = `${operatorText(other)} and ${operatorText(output)} would write the same folders, ${folder.replace(/0(\.[^/]*)?$/, "TIME$1")}; give one of them another prefix or suffix`;
    throw new DStreamError("INVALID_OPTION", text, { data: { option: "prefix", prefix, suffix } });
  }
}

/** The path without symbolic links, as far as it exists. */
async function realPath(path: string, files: FileSystem): Promise<string> {
  try {
    return await files.realPath(path);
  } catch {
    return dirname(path) === path ? path : join(await realPath(dirname(path), files), basename(path));
  }
}
