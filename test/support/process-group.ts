import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { onEnd, outputOf } from "./processes.ts";

// Servers that start processes of their own: each gets a process group, so that all of it ends together. Output goes to a
// file, so that a group can outlive the program that started it.

const graceMs = 10_000;
const pollMs = 50;
/** The groups that end with this process, each with what takes that back. */
const owned = new Map<number, () => void>();

export interface ProcessGroup {
  /** The first process of the group, and the group's number. */
  readonly pid: number;
  /** Resolves when the first process has ended. */
  readonly ended: Promise<void>;
}

export interface GroupOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** What all its processes print is added to this file. */
  readonly logFile: string;
}

/** The group is killed when this process ends, unless it is disowned before. @throws when the command cannot be started. */
export async function startGroup(
  command: string,
  args: readonly string[],
  { cwd, env, logFile }: GroupOptions,
): Promise<ProcessGroup> {
  const log = openSync(logFile, "a");
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ["ignore", log, log] });
  closeSync(log);
  await new Promise((resolve, reject) => child.once("spawn", resolve).once("error", reject));
  const pid = child.pid as number;
  child.unref();
  owned.set(
    pid,
    onEnd(() => signalGroup(pid, "SIGKILL")),
  );
  return { pid, ended: new Promise((resolve) => child.once("exit", () => resolve())) };
}

/** Ends the groups: asks them first, kills what is left after 10 seconds. Resolves when none of their processes runs. */
export async function endGroups(groups: readonly number[]): Promise<void> {
  for (const group of groups) signalGroup(group, "SIGTERM");
  const deadline = Date.now() + graceMs;
  while ((await membersOf(groups)).length > 0) {
    if (Date.now() > deadline) for (const group of groups) signalGroup(group, "SIGKILL");
    await delay(pollMs);
  }
  disownGroups(groups);
}

/** Lets the groups go on when this process ends. */
export function disownGroups(groups: readonly number[]): void {
  for (const group of groups) {
    owned.get(group)?.();
    owned.delete(group);
  }
}

export interface GroupMember {
  readonly pid: number;
  readonly command: string;
}

/** The running processes of the groups. A zombie that nobody waits for does not count. */
export async function membersOf(groups: readonly number[]): Promise<GroupMember[]> {
  const lines = (await outputOf("ps", ["-eww", "-o", "pid=,pgid=,stat=,args="])).split("\n");
  return lines.flatMap((line) => {
    const [, pid, group, state, command] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    const counts = groups.includes(Number(group)) && state?.startsWith("Z") === false;
    return counts ? [{ pid: Number(pid), command: command as string }] : [];
  });
}

/** When the process began, as the system says it: with the number it tells a process from a later one of the same number. */
export async function startOf(pid: number): Promise<string | undefined> {
  const env = { LC_ALL: "C", TZ: "UTC" };
  return (await outputOf("ps", ["-o", "lstart=", "-p", String(pid)], { env }).catch(() => "")).trim() || undefined;
}

/** A group that has ended is no failure. */
export function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
