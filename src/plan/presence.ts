import { DStreamError } from "../errors/dstream-error.ts";
import { isDue } from "./is-due.ts";
import { type PlanNode, parentsOf } from "./nodes/node.ts";
import type { Graph } from "./plan-builder.ts";
import { isStatefulNode } from "./stateful-operators.ts";

export interface BatchTimes {
  readonly time: number;
  /** Where the job began: one batch interval before its first batch. */
  readonly zeroTime: number;
}

/**
 * Which nodes have an RDD in a batch, by node id. A stream has one at multiples of its slide. A source may give none (a queue of
 * nulls); then what is derived from it has none either and its outputs do not run, but state is still updated, and a window has
 * the rows of its other batches.
 *
 * @throws ILLEGAL_STATE for a union, transform, count, cogroup, join or repartition of which a parent has no RDD, as Spark does.
 */
export function presentNodes(
  graph: Graph,
  { time, zeroTime, isSourcePresent }: BatchTimes & { readonly isSourcePresent: (id: number) => boolean },
): boolean[] {
  const present: boolean[] = [];
  for (const node of graph.nodes) {
    if (!isDue(node, time, zeroTime)) {
      present[node.id] = false;
      continue;
    }
    const parents = parentsOf(node);
    const all = parents.every((parent) => present[parent.id]);
    if (!all && needsAllParents(node)) {
      const at = node.site === undefined ? "" : ` (${node.site})`;
      throw new DStreamError("ILLEGAL_STATE", `${node.operator}${at}: an input stream gave no RDD for this batch`);
    }
    present[node.id] = node.kind === "source" ? isSourcePresent(node.id) : all || isStatefulNode(node);
  }
  return present;
}

/** The operators that Spark makes of `transform` or a union (count: with a zero), which fail where a parent has no RDD. */
function needsAllParents(node: PlanNode): boolean {
  if (node.kind === "repartition") return node.partitioning.kind === "in turns";
  return (
    node.kind === "union" ||
    node.kind === "transform" ||
    node.operator === "count" ||
    (node.kind === "keyed" && node.inputs.length > 1)
  );
}
