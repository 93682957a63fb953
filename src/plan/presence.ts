import { DStreamError } from "../errors/dstream-error.ts";
import { type PlanNode, parentsOf } from "./nodes/node.ts";
import type { Graph } from "./plan-builder.ts";

/**
 * Which nodes have an RDD in a batch, by node id. A source may give none (a queue of nulls); then what is derived from it
 * has none either and its outputs do not run, but state is still updated.
 *
 * @throws ILLEGAL_STATE for a union, count, cogroup, join or repartition of which a parent has no RDD, as Spark does.
 */
export function presentNodes(graph: Graph, isSourcePresent: (id: number) => boolean): boolean[] {
  const present: boolean[] = [];
  for (const node of graph.nodes) {
    const parents = parentsOf(node);
    const all = parents.every((parent) => present[parent.id]);
    if (!all && needsAllParents(node)) {
      const at = node.site === undefined ? "" : ` (${node.site})`;
      throw new DStreamError("ILLEGAL_STATE", `${node.operator}${at}: an input stream gave no RDD for this batch`);
    }
    const keepsState = node.kind === "keyed" && node.update !== undefined;
    present[node.id] = node.kind === "source" ? isSourcePresent(node.id) : all || keepsState;
  }
  return present;
}

/** The operators that Spark makes of `transform` or a union (count: with a zero), which fail where a parent has no RDD. */
function needsAllParents(node: PlanNode): boolean {
  if (node.kind === "repartition") return node.partitioning.kind === "in turns";
  return node.kind === "union" || node.operator === "count" || (node.kind === "keyed" && node.inputs.length > 1);
}
