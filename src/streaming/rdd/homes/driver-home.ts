import type { Accumulators } from "../../../driver/accumulators.ts";
import type { Broadcasts } from "../../../driver/broadcasts.ts";
import { BatchGraph } from "../../../plan/batch/batch-graph.ts";
import type { PlanNode } from "../../../plan/graph/nodes/node.ts";
import type { JobRuntime } from "../../../runtime/job-runtime.ts";
import type { LocalRDD } from "../local-rdd.ts";
import { Building } from "./building.ts";
import { checkOnDriver } from "./check-on-driver.ts";
import type { RDDHome, RDDMachine } from "./rdd-home.ts";

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

  get machine(): RDDMachine {
    return this.#options.runtime;
  }

  scratch(): Building {
    const { defaultParallelism } = this.#options;
    return new Building(new BatchGraph(0, { defaultParallelism, slots: 1, sourcePartitions: {}, buckets: 64 }), "RDD");
  }

  run(action: string, put: (building: Building) => PlanNode, limit: number | undefined): Promise<LocalRDD> {
    checkOnDriver(action);
    return this.#run(action, put, limit);
  }

  /** What runs tasks is loaded with the first action. */
  async #run(action: string, put: (building: Building) => PlanNode, limit: number | undefined): Promise<LocalRDD> {
    const building = this.scratch();
    const node = put(building);
    const { runAction } = await import("./run-action.ts");
    return runAction({ action, node, graph: building.graph, limit }, this.#options);
  }
}
