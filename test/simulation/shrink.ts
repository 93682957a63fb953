// From a run with a finding to a small one with a finding of the same kind.
import { runAlone } from "./run-alone.ts";
import type { RunSpec } from "./run-spec.ts";

/** What a finding is about, without the numbers and names that differ from run to run. */
export function kindOf(finding: string): string {
  return (finding.split("\n")[0] as string).replaceAll(/\d+|k\d+/g, "#").slice(0, 60);
}

/** Takes away faults, then records, hosts and partitions, for as long as the finding stays. @throws when the run has none. */
export async function shrink(spec: RunSpec, tell: (line: string) => void): Promise<RunSpec> {
  const { finding } = await runAlone(spec);
  if (finding === undefined) throw new Error(`seed ${spec.seed} has no finding`);
  const kind = kindOf(finding);
  let smallest = spec;
  const attempt = async (smaller: RunSpec): Promise<boolean> => {
    const outcome = await runAlone(smaller);
    if (outcome.finding === undefined || kindOf(outcome.finding) !== kind) return false;
    smallest = smaller;
    tell(`${smaller.faults.length} faults, ${smaller.records} records: ${kind}`);
    return true;
  };
  for (let size = Math.ceil(smallest.faults.length / 2); size >= 1; ) {
    let isSmaller = false;
    for (let at = 0; at < smallest.faults.length; ) {
      const faults = smallest.faults.toSpliced(at, size);
      if (faults.length < smallest.faults.length && (await attempt({ ...smallest, faults }))) isSmaller = true;
      else at += size;
    }
    if (!isSmaller || size > 1) size = size === 1 ? 0 : Math.floor(size / 2);
  }
  for (const simpler of [
    { brokers: 1 },
    { threads: 0 },
    { driverHosts: 1 },
    { partitions: 1 },
    { outPartitions: 1 },
    { keys: 1 },
    { stateStore: "memory" },
    { producers: "idempotent" },
    { doubleCloseOneIn: 0 },
    { maxRatePerPartition: undefined },
  ] as const)
    await attempt({ ...smallest, ...simpler });
  while (smallest.records > 1 && (await attempt({ ...smallest, records: smallest.records >> 1 })));
  return smallest;
}
