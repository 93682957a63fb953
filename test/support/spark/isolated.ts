import type { SparkRelease } from "./spark-releases.ts";

/**
 * A command as it has to be run for this release. Spark 3.5's Connect server listens on all addresses, so it only runs, with all that
 * talks to it, in a network namespace that has nothing but a loopback device.
 */
export function isolated({ listensEverywhere }: SparkRelease, command: readonly string[]): readonly string[] {
  if (listensEverywhere !== true) return command;
  const asUser = process.getuid?.() === 0 ? [] : ["--user", "--map-current-user"];
  return ["unshare", ...asUser, "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh", ...command];
}
