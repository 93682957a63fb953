import { nearest } from "../../errors/checks/nearest.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import { hashKey } from "../../keys/hash-key.ts";
import type { Graph } from "../../plan/graph/plan-builder.ts";
import { statefulOperators } from "../../plan/graph/stateful-operators.ts";
import type { Manifest } from "../../state/manifest.ts";
import { keyLocator } from "../../task/sinks/keyed/locate-key.ts";

/** The buckets in which a key of an operator may be. @throws KEY_NOT_CANONICAL, what a partitioner throws */
export type BucketsOf = (key: unknown, buckets: number) => readonly number[];

/** The operators whose state can be asked for, by name: those with a state for each key. A window's panes are rows of batches, not that. */
export type QueryableOperators = ReadonlyMap<string, BucketsOf>;

/** Those of a program. */
export function queryableOperators(graph: Graph): QueryableOperators {
  const operators = new Map<string, BucketsOf>();
  // How many buckets the job has makes no difference here.
  for (const { operator, node } of statefulOperators(graph, 1)) {
    if (node.kind !== "keyed") continue;
    const { partitioning } = node;
    if (partitioning.kind === "hash") operators.set(operator, byHash);
    else operators.set(operator, (key, buckets) => [keyLocator(partitioning, buckets)(key)]);
  }
  return operators;
}

/** Those of a checkpoint, as the lines say by which it describes its graph. Of a partitioner of the program's own nothing is known. */
export function describedOperators(graph: readonly string[], manifest: Manifest): QueryableOperators {
  const stateful = new Set(manifest.map((state) => state.operator));
  const operators = new Map<string, BucketsOf>();
  for (const line of graph) {
    const [, operator, partitioning] = /^keyed (.*) of \[[\d, ]*\] by (hash|custom) /.exec(line) ?? [];
    if (operator !== undefined && stateful.has(operator))
      operators.set(operator, partitioning === "hash" ? byHash : anyBucket);
  }
  return operators;
}

/** @throws STATE_OPERATOR_MISSING, which names those that there are. */
export function bucketsOf(operators: QueryableOperators, operator: string): BucketsOf {
  const found = operators.get(operator);
  if (found !== undefined) return found;
  const names = [...operators.keys()];
  const [similar] = nearest(operator, names, 1);
  const hint = similar === undefined ? "" : `; did you mean "${similar}"?`;
  const known = names.length === 0 ? "there is none" : `there is ${names.map((name) => `"${name}"`).join(", ")}`;
  const text = `no operator named "${operator}" has state that can be asked for: ${known}${hint}`;
  throw new DStreamError("STATE_OPERATOR_MISSING", text, { data: { operator, operators: names } });
}

const byHash: BucketsOf = (key, buckets) => [hashKey(key) % buckets];
const anyBucket: BucketsOf = (_key, buckets) => [...Array(buckets).keys()];
