import { DStreamError } from "../../../errors/dstream-error.ts";
import type { Operator } from "../../../errors/user-code/user-function-failed.ts";
import { KeyMap } from "../../../keys/key-map.ts";
import type { Aggregator } from "../../../plan/aggregator.ts";
import type { KeyPartitioning, Partitioning } from "../../../plan/partitioner.ts";
import { numPartitionsOf } from "../../../plan/plan.ts";
import { placed as placedAt } from "../../../task/errors/place-error.ts";
import { type Combined, KeyedAccumulator } from "../../../task/sinks/keyed/keyed-accumulator.ts";
import { keyLocator } from "../../../task/sinks/keyed/locate-key.ts";
import { rowLocator } from "../../../task/sinks/locate-row.ts";
import { lazily, once, type Partition } from "../partition.ts";

// The shuffles of RDDs whose rows are all here: the tasks' own accumulators and locators, without blocks. A shuffle runs when
// one of its partitions is first asked for, and once.

/** Buckets that hashes fall into; nothing keeps them. */
const buckets = 1 << 16;

/** Pairs, and how their values become combined values. */
export interface CombineInput {
  readonly partitions: readonly Partition[];
  readonly aggregator: Aggregator<any, any>;
}

/** Pairs of key and combined value, of all inputs. */
export function combineByKey(
  inputs: readonly CombineInput[],
  partitioning: KeyPartitioning,
  operator: Operator,
): Partition[] {
  const numPartitions = numPartitionsOf(partitioning);
  const groups = placed(operator, () => {
    const maps = Array.from({ length: numPartitions }, () => new KeyMap<Combined>());
    const locate = keyLocator(partitioning, buckets);
    for (const { partitions, aggregator } of inputs) {
      const accumulators = maps.map((entries) => new KeyedAccumulator(aggregator, entries));
      for (const { rows } of partitions) for (const pair of rows) accumulators[locate(pair?.[0])]?.add(pair);
    }
    return maps;
  });
  return Array.from({ length: numPartitions }, (_, i) =>
    lazily(function* () {
      for (const { key, value } of groups()[i]?.entries() ?? []) yield [key, value];
    }),
  );
}

/** Makes a value once; errors that do not say yet whose function they come from say it. */
function placed<T>(operator: Operator | undefined, make: () => T): () => T {
  return once(() => {
    try {
      return make();
    } catch (thrown) {
      throw operator === undefined || !(thrown instanceof DStreamError) ? thrown : placedAt(thrown, operator);
    }
  });
}

/** The same rows, placed anew. */
export function scatter(
  partitions: readonly Partition[],
  partitioning: Partitioning,
  operator: Operator | undefined,
): Partition[] {
  const numPartitions = numPartitionsOf(partitioning);
  const scattered = placed(operator, () => {
    const targets: unknown[][] = Array.from({ length: numPartitions }, () => []);
    for (const [index, { rows }] of partitions.entries()) {
      const locate = rowLocator(partitioning, buckets, index);
      for (const row of rows) targets[locate(row)]?.push(row);
    }
    return targets;
  });
  return Array.from({ length: numPartitions }, (_, i) => lazily(() => (scattered()[i] ?? []).values()));
}
