import { type PlanNode, parentsOf } from "../../plan/graph/nodes/node.ts";
import type { SourceNode } from "../../plan/graph/nodes/source.ts";

/** The source whose partitions a node's partitions are, when there is just one on the way and no shuffle: its offset ranges are the node's. */
export function offsetSource(node: PlanNode): SourceNode | undefined {
  if (node.kind === "source") return node;
  const [parent, ...others] = parentsOf(node);
  const isShuffled = node.kind === "keyed" || node.kind === "repartition" || node.kind === "window";
  return isShuffled || parent === undefined || others.length > 0 ? undefined : offsetSource(parent);
}
