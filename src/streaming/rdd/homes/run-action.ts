import { InlineCluster } from "../../../cluster/local/inline-cluster.ts";
import { ownInputs } from "../../../driver/batch/batch-spec.ts";
import { collectedParts } from "../../../driver/batch/collected-output.ts";
import type { BatchGraph } from "../../../plan/batch/batch-graph.ts";
import type { PlanNode } from "../../../plan/graph/nodes/node.ts";
import { partitionCounts } from "../../../plan/plan.ts";
import { unwatched } from "../../../runtime/activity.ts";
import { emptyManifest } from "../../../state/manifest.ts";
import { collectedRDD } from "../collected-rdd.ts";
import type { LocalRDD } from "../local-rdd.ts";
import type { DriverHomeOptions } from "./driver-home.ts";

/** An action on an RDD that belongs to no batch: what it is called, the RDD's node in a graph, rows wanted of each partition. */
interface DriverAction {
  readonly action: string;
  readonly node: PlanNode;
  readonly graph: BatchGraph;
  readonly limit: number | undefined;
}

/** The rows of an RDD that belongs to no batch, by a cluster in this thread that ends with the action. */
export async function runAction(
  { action, node, graph, limit }: DriverAction,
  { maxResultBytes, broadcasts, accumulators, runtime }: DriverHomeOptions,
): Promise<LocalRDD> {
  const plan = graph.cut([{ kind: "collect", id: 0, operator: action, site: node.site, node, limit }]);
  const counts = partitionCounts(plan, graph.partitionsOfSources());
  const cluster = new InlineCluster();
  await cluster.start({ plan, maxResultBytes, state: { store: "memory", directory: undefined }, runtime });
  try {
    const result = await cluster.runBatch(
      {
        time: graph.time,
        attempt: 0,
        plan,
        expansion: undefined,
        broadcasts: broadcasts.values(),
        inputs: [...graph.sources].flatMap(([id, facts]) => ownInputs(id, facts)),
        counts,
        present: plan.graph.nodes.map(() => true),
        manifest: emptyManifest,
      },
      new AbortController().signal,
      unwatched,
    );
    for (const [id, n] of Object.entries(result.added)) accumulators.add(Number(id), n);
    const parts = collectedParts(result.outputs, counts[node.id] as number, maxResultBytes);
    return collectedRDD({ parts, offsetRanges: undefined }, maxResultBytes, runtime);
  } finally {
    await cluster.stop();
  }
}
