import { DStreamError } from "../../errors/dstream-error.ts";
import { operatorText } from "../../errors/user-code/user-function-failed.ts";
import { type PlanNode, parentsOf } from "../graph/nodes/node.ts";
import type { Graph } from "../graph/plan-builder.ts";
import { isStatefulNode } from "../graph/stateful-operators.ts";

export interface BatchTimes {
  readonly time: number;
  /** Where the job began: one batch interval before its first batch. */
  readonly zeroTime: number;
}

export interface PresenceFacts extends BatchTimes {
  readonly isSourcePresent: (id: number) => boolean;
  /** Names of the operators whose state began in an earlier batch. */
  readonly begun: readonly string[];
}

/**
 * Which nodes have an RDD in a batch, by node id. A stream has one at multiples of its slide. A source may give none (a queue of
 * nulls); then what is derived from it has none either and its outputs do not run. But a window has the rows of its other batches, mapWithState looks
 * for idle keys, and updateStateByKey updates what state there is, once it had an RDD.
 *
 * @throws ILLEGAL_STATE for a union, transform, count, cogroup, join or repartition of which a parent has no RDD, as Spark does.
 */
export function presentNodes(graph: Graph, { time, zeroTime, isSourcePresent, begun }: PresenceFacts): boolean[] {
  const present: boolean[] = [];
  for (const node of graph.nodes) {
    if (!isDue(node, time, zeroTime)) {
      present[node.id] = false;
      continue;
    }
    const parents = parentsOf(node);
    const all = parents.every((parent) => present[parent.id]);
    if (!all && needsAllParents(node)) {
      throw new DStreamError("ILLEGAL_STATE", `${operatorText(node)}: an input stream gave no RDD for this batch`);
    }
    present[node.id] = node.kind === "source" ? isSourcePresent(node.id) : all || goesOn(node, graph, begun);
  }
  return present;
}

/** Whether a node has an RDD where its parent has none. */
function goesOn(node: PlanNode, { names }: Graph, begun: readonly string[]): boolean {
  if (!isStatefulNode(node)) return false;
  const isUpdated = node.kind === "keyed" && node.update?.kind !== "map";
  return !isUpdated || begun.includes(names[node.id] as string);
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

/** Whether a stream with this slide has an RDD at a batch time: at its multiples, counted from where the job began. */
export function isDue({ slideMs }: { readonly slideMs: number }, time: number, zeroTime: number): boolean {
  return (time - zeroTime) % slideMs === 0;
}
