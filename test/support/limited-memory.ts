import { mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

// Control groups with little memory, where this process may make some.

/** By version: where a group is made, and the file that has its limit. */
const places = [
  ["/sys/fs/cgroup/memory", "memory.limit_in_bytes"],
  ["/sys/fs/cgroup", "memory.max"],
] as const;

/** The folder of a new group; undefined where none can be made. It is removed once no process is in it, by `rmdir`. */
export function makeMemoryGroup(limitMb: number): string | undefined {
  for (const [root, limit] of places) {
    const folder = join(root, `dstream-test-${process.pid}`);
    try {
      mkdirSync(folder);
    } catch {
      continue;
    }
    try {
      writeFileSync(join(folder, limit), String(limitMb * 2 ** 20), { flag: "r+" });
      return folder;
    } catch {
      rmdirSync(folder);
    }
  }
  return undefined;
}

/** The command as it has to be run to be in the group from its start. */
export function inMemoryGroup(folder: string, command: readonly string[]): readonly string[] {
  return ["sh", "-c", 'echo $$ > "$0" && exec "$@"', join(folder, "cgroup.procs"), ...command];
}
