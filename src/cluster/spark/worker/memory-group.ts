import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The control group that bounds this process's memory, such as a container's. */
export interface MemoryGroup {
  /** How often the system has killed a process of it because its memory was used up. */
  kills(): number;
  /** Undefined where there is no limit. */
  readonly limitMb: number | undefined;
}

/** Limits from here on mean that there is none: version 1 says the largest number of pages. */
const unlimitedBytes = 2 ** 62;

interface Version {
  /** The line of /proc/self/cgroup that names the group. */
  readonly line: RegExp;
  readonly mount: string;
  readonly events: string;
  readonly limit: string;
}

const versions: readonly Version[] = [
  { line: /^\d+:memory:(.*)$/m, mount: "memory", events: "memory.oom_control", limit: "memory.limit_in_bytes" },
  { line: /^0::(.*)$/m, mount: "", events: "memory.events", limit: "memory.max" },
];

/** Undefined where there is none, or none that can be read: on systems other than Linux. */
export function memoryGroup(root = "/sys/fs/cgroup", self = "/proc/self/cgroup"): MemoryGroup | undefined {
  const groups = textOf(self);
  for (const { line, mount, events, limit } of versions) {
    const name = line.exec(groups)?.[1];
    if (name === undefined) continue;
    // A container may see its own group as the root.
    for (const folder of [join(root, mount, name), join(root, mount)]) {
      const kills = (): number => Number(/^oom_kill (\d+)$/m.exec(textOf(join(folder, events)))?.[1] ?? Number.NaN);
      if (Number.isNaN(kills())) continue;
      const bytes = Number(textOf(join(folder, limit)).trim());
      return { kills, limitMb: bytes > 0 && bytes < unlimitedBytes ? Math.floor(bytes / 2 ** 20) : undefined };
    }
  }
  return undefined;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
