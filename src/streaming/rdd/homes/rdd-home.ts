import type { PlanNode } from "../../../plan/graph/nodes/node.ts";
import type { Machine } from "../../../runtime/machine/machine.ts";
import type { LocalRDD } from "../local-rdd.ts";
import type { Building } from "./building.ts";

/** What RDDs need of the machine: seeds, and where text files go. */
export type RDDMachine = Pick<Machine, "files" | "random">;

/** Where an RDD that is only planned belongs: it decides what its actions do. */
export interface RDDHome {
  /** Of the batch that it belongs to; undefined for what belongs to none. */
  readonly time: number | undefined;
  readonly machine: RDDMachine;
  /** A graph to ask something of. */
  scratch(): Building;
  /**
   * Runs what `put` puts into a graph, and gets the rows, of each partition the first `limit`.
   *
   * @throws ILLEGAL_STATE at once, without a promise, where no action may run.
   */
  run(action: string, put: (building: Building) => PlanNode, limit: number | undefined): Promise<LocalRDD>;
}
