import type { RunSpec } from "./run-spec.ts";
import { type Outcome, simulate } from "./simulate.ts";
import { alone } from "./world/alone.ts";

/** What is loaded only when a job starts: loading takes real time, which no run may have to wait for. */
const late = () =>
  Promise.all([
    import("../../src/streaming/context/make-driver.ts"),
    import("../../src/streaming/context/choose-cluster.ts"),
    import("../../src/cluster/local/inline-cluster.ts"),
    import("../../src/kafka/client/kafka-client.ts"),
  ]);

/** One run, in which nothing reaches for the real machine. */
export async function runAlone(spec: RunSpec, keepsTrace = false): Promise<Outcome> {
  await late();
  return alone(() => simulate(spec, keepsTrace));
}
