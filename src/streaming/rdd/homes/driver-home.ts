import { InlineCluster } from "../../../cluster/local/inline-cluster.ts";
import type { Accumulators } from "../../../driver/accumulators.ts";
import { ownInputs } from "../../../driver/batch/batch-plan.ts";
import { collectedParts } from "../../../driver/batch/collected-output.ts";
import type { Broadcasts } from "../../../driver/broadcasts.ts";
import { BatchGraph } from "../../../plan/batch/batch-graph.ts";
import type { PlanNode } from "../../../plan/graph/nodes/node.ts";
import { partitionCounts } from "../../../plan/plan.ts";
import { unwatched } from "../../../runtime/activity.ts";
import type { JobRuntime } from "../../../runtime/job-runtime.ts";
import { emptyManifest } from "../../../state/manifest.ts";
import { collectedRDD } from "../collected-rdd.ts";
import type { LocalRDD } from "../local-rdd.ts";
import { Building } from "./building.ts";
import { checkOnDriver } from "./check-on-driver.ts";
import type { RDDHome } from "./rdd-home.ts";

export interface DriverHomeOptions {
  readonly maxResultBytes: number;
  readonly defaultParallelism: number | undefined;
  readonly broadcasts: Broadcasts;
  readonly accumulators: Accumulators;
  readonly runtime: JobRuntime;
}

/** Home of RDDs that belong to no batch: their actions run in this process, by the code that runs tasks everywhere. */
export class DriverHome implements RDDHome {
  readonly time = undefined;
  readonly #options: DriverHomeOptions;

  constructor(options: DriverHomeOptions) {
    this.#options = options;
  }

  scratch(): Building {
    const { defaultParallelism } = this.#options;
    return new Building(new BatchGraph(0, { defaultParallelism, slots: 1, sourcePartitions: {}, buckets: 64 }), "RDD");
  }

  run(action: string, put: (building: Building) => PlanNode, limit: number | undefined): Promise<LocalRDD> {
    checkOnDriver(action);
    return this.#run(action, put, limit);
  }

  async #run(action: string, put: (building: Building) => PlanNode, limit: number | undefined): Promise<LocalRDD> {
    const { maxResultBytes, broadcasts, accumulators, runtime } = this.#options;
    const building = this.scratch();
    const node = put(building);
    const { graph } = building;
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
      return collectedRDD({ parts, offsetRanges: undefined }, maxResultBytes);
    } finally {
      await cluster.stop();
    }
  }
}
