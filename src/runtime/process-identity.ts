import { readFileSync } from "node:fs";
import { hostname } from "node:os";

/** A process, told from others that had its number before or have it elsewhere. */
export interface ProcessIdentity {
  readonly host: string;
  readonly pid: number;
  /** When it began, in the system's own words; undefined where the system does not say. */
  readonly startedAt: string | undefined;
}

export function thisProcess(): ProcessIdentity {
  return { host: hostname(), pid: process.pid, startedAt: startOf(process.pid) };
}

/** Whether a process runs; undefined when it is on another host, where nobody can see. */
export function isRunning({ host, pid, startedAt }: ProcessIdentity): boolean | undefined {
  if (host !== hostname()) return undefined;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  return startOf(pid) === startedAt;
}

/** Field 22 of /proc/PID/stat, behind the name, which may have blanks and brackets of its own; with the boot, since it counts from there. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
    return `${boot} ${stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]}`;
  } catch {
    return undefined;
  }
}
