import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/** A process, told from others that had its number before or have it elsewhere. */
export interface ProcessIdentity {
  readonly host: string;
  readonly pid: number;
  /** When it began, in the system's own words; undefined where the system does not say. */
  readonly startedAt: string | undefined;
  /**
   * Where its number means this process: the boot of a machine and the processes that see each other there, which are those of a
   * container. Host names alone do not tell: containers, and machines made of one image, share them. Undefined where the system does
   * not say.
   */
  readonly space: string | undefined;
}

export function processIdentity(): ProcessIdentity {
  return { host: hostname(), pid: process.pid, startedAt: startOf(process.pid), space: space() };
}

/** Whether a process runs; undefined when that cannot be seen from here. */
export function isRunning(identity: ProcessIdentity): boolean | undefined {
  const { pid, startedAt } = identity;
  const isHere = !isEnded(pid) && startOf(pid) === startedAt;
  // Written by an earlier version, which did not say where: what is seen is there.
  if (identity.space === undefined && startedAt !== undefined && isHere) return true;
  // Without a word of the system about the space only the name of the host is left.
  return identity.host === hostname() && identity.space === space() ? isHere : undefined;
}

/** Whether there is no such process, or one that has ended and whose parent has not been told. */
function isEnded(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return true;
  }
  return /^[ZX]$/.test(statOf(pid)?.[0] ?? "");
}

/** Field 22 of /proc/PID/stat; with the boot, since it counts from there. */
function startOf(pid: number): string | undefined {
  const [boot, started] = [bootId(), statOf(pid)?.[19]];
  return boot === undefined || started === undefined ? undefined : `${boot} ${started}`;
}

function space(): string | undefined {
  const boot = bootId();
  if (boot === undefined) return undefined;
  try {
    return `${boot} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return undefined;
  }
}

function bootId(): string | undefined {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  } catch {
    return undefined;
  }
}

/** The fields of /proc/PID/stat from the third on, behind the name, which may have blanks and brackets of its own. */
function statOf(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}
