// Runs a part of the seeds and tells its parent of each.
import { runAlone } from "./run-alone.ts";
import { specOf } from "./run-spec.ts";

export interface Part {
  readonly first: number;
  readonly step: number;
  /** null: no limit (as JSON has it). */
  readonly runs: number | null;
  readonly minutes: number | null;
  readonly brokers?: 1 | 3 | undefined;
  readonly stopsAtFinding?: boolean;
}

export interface FromWorker {
  readonly seed: number;
  readonly finding?: string;
  readonly batches: number;
  readonly faults: number;
  readonly simulatedMs: number;
}

const part = JSON.parse(process.argv[2] as string) as Part;
const until = performance.now() + (part.minutes ?? Number.POSITIVE_INFINITY) * 60_000;
for (let run = 0; run < (part.runs ?? Number.POSITIVE_INFINITY) && performance.now() < until; run++) {
  const seed = part.first + run * part.step;
  const { finding, batches, faults, simulatedMs } = await runAlone(specOf(seed, part.brokers));
  // Told before the process may end.
  await tell({
    seed,
    batches,
    faults,
    simulatedMs,
    ...(finding !== undefined && { finding }),
  });
  if (finding !== undefined && part.stopsAtFinding) break;
}
process.disconnect();

function tell(message: FromWorker): Promise<void> {
  return new Promise((resolve) => process.send?.(message, () => resolve()));
}
