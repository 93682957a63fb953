import type { PlanNode } from "../../plan/graph/nodes/node.ts";
import { parentsOf } from "../../plan/graph/nodes/node.ts";
import type { SourceNode } from "../../plan/graph/nodes/source.ts";
import { resolveBrokers } from "../input/brokers.ts";

/** Brokers of a sink: its own, those of the only Kafka source its rows come from, or those of the environment. */
export function sinkBrokers(own: readonly string[] | undefined, node: PlanNode): readonly string[] {
  if (own !== undefined) return own;
  const sources = [...kafkaSources(node, new Set())];
  const [only, ...others] = sources;
  if (only === undefined || others.length > 0) return resolveBrokers(undefined);
  return (only.feed as { options: { brokers: readonly string[] } }).options.brokers;
}

function* kafkaSources(node: PlanNode, seen: Set<PlanNode>): Generator<SourceNode> {
  if (seen.has(node)) return;
  seen.add(node);
  if (node.kind === "source" && node.feed.kind === "kafka") yield node;
  for (const parent of parentsOf(node)) yield* kafkaSources(parent, seen);
}
