import type { KeyedNode } from "./keyed.ts";
import type { MapPartitionsNode } from "./map-partitions.ts";
import type { FilterNode, FlatMapNode, FlatMapValuesNode, MapNode, MapValuesNode } from "./narrow.ts";
import type { RepartitionNode } from "./repartition.ts";
import type { SourceNode } from "./source.ts";
import type { TransformNode } from "./transform.ts";
import type { UnionNode } from "./union.ts";
import type { WindowNode } from "./window.ts";

/** What every node of the graph has. Nodes are made by PlanBuilder and never change. */
export interface NodeBase {
  /** Position in the order of creation, the same wherever the job's file runs. */
  readonly id: number;
  /** The user's word for the operator: `count` consists of several nodes that all say "count". */
  readonly operator: string;
  /** Where the user's program made it: "word-count.ts:9". */
  readonly site: string | undefined;
  /** Milliseconds between two RDDs: a multiple of the batch interval. */
  readonly slideMs: number;
}

/** A node with one parent, whose partitions are its parent's. */
export type NarrowNode = MapNode | FlatMapNode | FilterNode | MapValuesNode | FlatMapValuesNode | MapPartitionsNode;

/** A node that rows of earlier stages may flow into. */
export type WideNode = UnionNode | KeyedNode | RepartitionNode | WindowNode;

export type PlanNode = SourceNode | NarrowNode | WideNode | TransformNode;

export function parentsOf(node: PlanNode): readonly PlanNode[] {
  if (node.kind === "source") return [];
  if (node.kind === "keyed") return node.inputs.map((input) => input.parent);
  return node.kind === "union" || node.kind === "transform" ? node.parents : [node.parent];
}

/** The same node behind other nodes. */
export function withParents<N extends PlanNode>(node: N, replace: (parent: PlanNode) => PlanNode): N {
  if (node.kind === "source") return node;
  if (node.kind === "keyed") {
    return { ...node, inputs: node.inputs.map((input) => ({ ...input, parent: replace(input.parent) })) };
  }
  if (node.kind === "union" || node.kind === "transform") return { ...node, parents: node.parents.map(replace) };
  return { ...node, parent: replace(node.parent) };
}
