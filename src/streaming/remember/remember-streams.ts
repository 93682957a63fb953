import type { PlanNode } from "../../plan/graph/nodes/node.ts";
import type { Output } from "../../plan/graph/output.ts";
import type { JobBuilder } from "../context/job-builder.ts";
import type { RememberedBatches } from "./remembered-batches.ts";

/** Whether an output brings all rows of a node to the driver, where they are remembered. */
export function isRemembered(output: Output, node: PlanNode): boolean {
  return output.node === node && (output.operator === "foreachRDD" || output.operator === "remember");
}

/** Has the rows of the streams that are to be remembered brought to the driver, where no foreachRDD does so. */
export function rememberStreams(job: JobBuilder, remembered: RememberedBatches): void {
  const { nodes, outputs } = job.plan.build();
  for (const node of remembered.wanted(nodes.filter((any) => !isInternal(any)))) {
    if (outputs.some((output) => isRemembered(output, node))) continue;
    job.addOutput({ kind: "collect", operator: "remember", node, limit: undefined }, async (collected, time) =>
      remembered.add(node, time, collected),
    );
  }
}

/** Nodes whose rows only other parts of the same operator understand. */
function isInternal(node: PlanNode): boolean {
  return (node.kind === "keyed" && node.update?.kind === "map") || (node.kind === "window" && node.emits === "changes");
}
