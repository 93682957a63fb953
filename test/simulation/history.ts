// What producers were told of the records that they wrote, held against what readers of committed records see: in the manner of Elle,
// for histories in which each value is written once.
import type { TopicRecord } from "./jobs.ts";

type End = "committed" | "aborted" | "unknown";

interface Written {
  readonly values: readonly string[];
  /** Whether they count together. */
  readonly isTransaction: boolean;
  end: End;
  /** Where an acknowledged record is. */
  at?: { readonly partition: number; readonly offset: number };
}

export class History {
  readonly #written: Written[] = [];

  /** What is to be written, as one transaction or not. What becomes of it is not known until `end` is set. */
  writes(values: readonly string[], isTransaction: boolean): Written {
    const written: Written = { values, isTransaction, end: "unknown" };
    this.#written.push(written);
    return written;
  }

  /** The first thing that is not as it has to be, given all committed records, partition by partition. */
  problem(committed: readonly TopicRecord[]): string | undefined {
    const seen = new Map<string, TopicRecord[]>();
    for (const record of committed) seen.set(record.value, [...(seen.get(record.value) ?? []), record]);
    const known = new Set(this.#written.flatMap(({ values }) => values));
    const strange = committed.find(({ value }) => !known.has(value));
    if (strange !== undefined) return `a record that nobody wrote was read: ${strange.value}`;
    for (const { values, isTransaction, end, at } of this.#written) {
      const counts = values.map((value) => seen.get(value)?.length ?? 0);
      const missing = values.filter((_, i) => counts[i] === 0);
      // What is sent again under another producer id, since the answer was lost, may be there twice.
      const twice = end === "unknown" && !isTransaction ? undefined : values.find((_, i) => (counts[i] as number) > 1);
      if (twice !== undefined) return `${twice} was written once and is there more than once`;
      if (end === "aborted" && missing.length < values.length)
        return `an aborted record was read: one of ${values.join(" ")}`;
      if (end === "committed" && missing.length > 0) return `a committed record is lost: ${missing[0]}`;
      if (isTransaction && missing.length > 0 && missing.length < values.length)
        return `a transaction was read in part: without ${missing.join(" ")} of ${values.join(" ")}`;
      const [only] = values;
      const found = at && seen.get(only as string)?.[0];
      if (at !== undefined && (found?.partition !== at.partition || found.offset !== at.offset))
        return `${only} was acknowledged at ${at.partition}-${at.offset} and is at ${found?.partition}-${found?.offset}`;
    }
    return orderProblem(this.#written, seen);
  }
}

/** Records of one transaction that are in one partition are there in the order in which they were written. */
function orderProblem(
  written: readonly Written[],
  seen: ReadonlyMap<string, readonly TopicRecord[]>,
): string | undefined {
  for (const { values, isTransaction } of written) {
    if (!isTransaction) continue;
    const ends = new Map<number, number>();
    for (const { partition, offset, value } of values.flatMap((value) => seen.get(value) ?? [])) {
      if (offset <= (ends.get(partition) ?? -1)) return `${value} is before a record that was written earlier`;
      ends.set(partition, offset);
    }
  }
  return undefined;
}
