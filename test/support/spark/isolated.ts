import { spawn } from "node:child_process";
import { networkInterfaces } from "node:os";
import type { SparkRelease } from "./spark-releases.ts";

const isRoot = process.getuid?.() === 0;

/**
 * A command as it has to be run for this release. Spark 3.5's Connect server listens on all addresses, so it only runs, with all that
 * talks to it, in a network namespace that has nothing but a loopback device.
 */
export function isolated({ listensEverywhere }: SparkRelease, command: readonly string[]): readonly string[] {
  if (listensEverywhere !== true) return command;
  return [
    "unshare",
    ...(isRoot ? [] : ["--user", "--map-current-user"]),
    "--net",
    "sh",
    "-c",
    'ip link set lo up && exec "$@"',
    "sh",
    ...command,
  ];
}

/** What runs a command where this isolated process runs. */
export function enterCommand(pid: number): readonly string[] {
  return ["nsenter", "--target", String(pid), ...(isRoot ? [] : ["--user", "--preserve-credentials"]), "--net", "--"];
}

/** Whether this process sees nothing but a loopback device. */
export function isIsolated(): boolean {
  const addresses = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
  return addresses.every(({ internal }) => internal);
}

/** Where the release has to be isolated and this process is not, runs its program again in a namespace and ends as that ended. */
export async function goOnIsolated(release: SparkRelease): Promise<void> {
  if (release.listensEverywhere !== true || isIsolated()) return;
  const [command = "", ...args] = isolated(release, [process.execPath, ...process.execArgv, ...process.argv.slice(1)]);
  const child = spawn(command, args, { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
  process.exit(await new Promise<number>((resolve) => child.once("exit", (code) => resolve(code ?? 1))));
}
