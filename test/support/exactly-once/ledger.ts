import { KafkaClient } from "../../../src/kafka/client/kafka-client.ts";
import { readRecords } from "../../../src/kafka/source/record-source.ts";

// What went in and what came out of a job, and whether every record came out once and in order.

export interface Entry {
  readonly key: string;
  readonly value: string;
}

export interface Verdict {
  readonly lost: number;
  readonly duplicated: number;
  /** Records that came out and never went in. */
  readonly foreign: number;
  /** Records in front of one of the same key that went in before them. */
  readonly outOfOrder: number;
}

export const exact: Verdict = { lost: 0, duplicated: 0, foreign: 0, outOfOrder: 0 };

/** Compares as multisets, and the order for each key. The values of a key are all different. */
export function compare(input: readonly Entry[], output: readonly Entry[]): Verdict {
  const places = new Map(input.map(({ key, value }, place) => [`${key} ${value}`, place]));
  const seen = new Set<number>();
  const last = new Map<string, number>();
  let [duplicated, foreign, outOfOrder] = [0, 0, 0];
  for (const { key, value } of output) {
    const place = places.get(`${key} ${value}`);
    if (place === undefined) foreign++;
    else if (seen.has(place)) duplicated++;
    else {
      seen.add(place);
      if (place < (last.get(key) ?? -1)) outOfOrder++;
      last.set(key, place);
    }
  }
  return { lost: places.size - seen.size, duplicated, foreign, outOfOrder };
}

/**
 * What is wrong with running totals, a line for each key: each must be the one before it and what its batch added, and the last
 * one the number of the key's records.
 */
export function wrongTotals(input: readonly Entry[], output: readonly Entry[]): string[] {
  const counts = new Map<string, number>();
  for (const { key } of input) counts.set(key, (counts.get(key) ?? 0) + 1);
  const totals = new Map<string, number>();
  const wrong = new Map<string, string>();
  for (const { key, value } of output) {
    const { total, added } = JSON.parse(value) as { total: number; added: number };
    const before = totals.get(key) ?? 0;
    if (before + added !== total && !wrong.has(key)) wrong.set(key, `${key}: ${before} + ${added} is not ${total}`);
    totals.set(key, total);
  }
  for (const [key, count] of counts) {
    const total = totals.get(key) ?? 0;
    if (total !== count && !wrong.has(key)) wrong.set(key, `${key}: ends with ${total} of ${count}`);
  }
  return [...wrong.values()];
}

/** All committed records of a topic, partition after partition. */
export async function committedEntries(brokers: string, topic: string): Promise<Entry[]> {
  const client = new KafkaClient({ brokers: [brokers] });
  try {
    const numPartitions = await client.partitionCount(topic);
    const partitions = Array.from({ length: numPartitions }, (_, partition) => ({ topic, partition }));
    const ends = await client.listOffsets(partitions, "latest", "read_committed");
    const entries: Entry[] = [];
    for (const { partition, offset: untilOffset } of ends) {
      const range = { topic, partition, fromOffset: 0, untilOffset };
      for await (const records of readRecords(client, range, {}, new AbortController().signal)) {
        for (const { key, value } of records) entries.push({ key: String(key), value: String(value) });
      }
    }
    return entries;
  } finally {
    await client.close();
  }
}
