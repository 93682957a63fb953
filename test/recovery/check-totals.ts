import type { Total } from "./counting-spec.ts";

/**
 * What is wrong with the totals that a counting job sent, given how often each key was in its input; a line for each fault, none
 * when all is right. With each batch the job sends the total of every key it knows. A batch that was run again may have sent its
 * totals again, the same ones; nothing may be lost, and nothing counted twice.
 */
export function faultsOfTotals(totals: readonly Total[], counts: ReadonlyMap<string, number>): string[] {
  const faults: string[] = [];
  const batches = new Map<number, Map<string, number>>();
  for (const { time, key, total } of totals) {
    const batch = batches.get(time) ?? new Map<string, number>();
    batches.set(time, batch);
    const before = batch.get(key);
    if (before !== undefined && before !== total) faults.push(`batch ${time} has ${before} and ${total} for ${key}`);
    batch.set(key, total);
  }
  let last = new Map<string, number>();
  for (const [time, batch] of [...batches].sort(([a], [b]) => a - b)) {
    for (const [key, total] of last) {
      const now = batch.get(key);
      if (now === undefined || now < total)
        faults.push(`${key} had ${total} before batch ${time} and has ${now} in it`);
    }
    last = batch;
  }
  for (const key of new Set([...counts.keys(), ...last.keys()])) {
    if (last.get(key) !== counts.get(key)) faults.push(`${key} ends with ${last.get(key)}, not ${counts.get(key)}`);
  }
  return faults;
}
