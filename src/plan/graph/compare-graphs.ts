import { DStreamError } from "../../errors/dstream-error.ts";

/**
 * Checks that a worker built the driver's graph (describeGraph of both). `where` ends the message.
 *
 * @throws GRAPH_MISMATCH naming the first operator that differs.
 */
export function compareGraphs(driver: readonly string[], worker: readonly string[], where: string): void {
  const length = Math.max(driver.length, worker.length);
  for (let i = 0; i < length; i++) {
    const [ours, theirs] = [driver[i] ?? "nothing", worker[i] ?? "nothing"];
    if (ours === theirs) continue;
    throw new DStreamError(
      "GRAPH_MISMATCH",
      `operator ${i} is "${ours}" in the driver and "${theirs}" in a worker, ${where}`,
    );
  }
}
