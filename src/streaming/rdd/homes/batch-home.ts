import { checkOwnCopy } from "../../../errors/checks/check-options.ts";
import { DStreamError } from "../../../errors/dstream-error.ts";
import { atOnce } from "../../../errors/user-code/at-once.ts";
import { operatorText } from "../../../errors/user-code/user-function-failed.ts";
import type { BatchGraph } from "../../../plan/batch/batch-graph.ts";
import type { PlanNode } from "../../../plan/graph/nodes/node.ts";
import type { TransformNode } from "../../../plan/graph/nodes/transform.ts";
import { LocalRDD } from "../local-rdd.ts";
import { PlannedRDD } from "../planned-rdd.ts";
import { Building } from "./building.ts";
import type { RDDHome, RDDMachine } from "./rdd-home.ts";

type Transform = Pick<TransformNode, "operator" | "site">;

/** A function of transform, whose RDDs are those of the batch. */
export type TransformFunction = (rdds: readonly any[], time: number) => unknown;

/** Home of the RDDs that a function of transform gets: nothing of them can be run before the batch runs. */
class BatchHome implements RDDHome {
  readonly time: number;
  readonly machine: RDDMachine;
  readonly #graph: BatchGraph;
  readonly #transform: Transform;

  constructor(graph: BatchGraph, transform: Transform, machine: RDDMachine) {
    this.machine = machine;
    this.time = graph.time;
    this.#graph = graph;
    this.#transform = transform;
  }

  scratch(): Building {
    return new Building(this.#graph.fork(), this.#transform.operator);
  }

  run(action: string): never {
    const text = `${action}() inside the function of ${operatorText(this.#transform)}: it says what the batch will do, before its rows are there; actions belong into foreachRDD`;
    throw new DStreamError("ILLEGAL_STATE", text);
  }

  /** The RDD of a node of the batch. */
  rddOf(node: PlanNode): PlannedRDD {
    return new PlannedRDD(({ graph }) => {
      if (graph.origin === this.#graph.origin) return node;
      const text = `an RDD of batch ${this.time} was used in batch ${graph.time}; a function of transform has to use the RDDs that it is given`;
      throw new DStreamError("ILLEGAL_STATE", text);
    }, this);
  }
}

/**
 * Adds to a batch's graph what `f` makes of the RDDs of `parents`.
 *
 * @throws ILLEGAL_STATE when it returns no RDD; what `f` throws.
 */
export function buildTransform(
  f: TransformFunction,
  parents: readonly PlanNode[],
  graph: BatchGraph,
  transform: Transform,
  machine: RDDMachine,
): PlanNode {
  const home = new BatchHome(graph, transform, machine);
  const rdds = parents.map((parent) => home.rddOf(parent));
  const result = f(rdds, graph.time);
  const building = new Building(graph, transform.operator);
  if (result instanceof PlannedRDD) return building.nodeOf(result);
  const [first] = rdds;
  if (result instanceof LocalRDD && first !== undefined) return building.nodeOf(first.adopt(result));
  atOnce(result, transform);
  checkOwnCopy(`what the function of ${operatorText(transform)} returns`, result, "an RDD");
  const seen = result === null ? "null" : typeof result;
  const text = `the function of ${operatorText(transform)} returned ${seen} in batch ${graph.time}; it must return an RDD`;
  throw new DStreamError("ILLEGAL_STATE", text, { data: { operator: transform.operator, batchTime: graph.time } });
}
