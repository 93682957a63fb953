import type { BatchGraph, NodeParts } from "../../../plan/batch/batch-graph.ts";
import type { PlanNode } from "../../../plan/graph/nodes/node.ts";
import type { PlannedRDD } from "../planned-rdd.ts";

/** Puts RDDs into a graph: each of them once, and only those that are asked for and what they derive from. */
export class Building {
  readonly graph: BatchGraph;
  readonly #name: string;
  readonly #nodes = new Map<PlannedRDD, PlanNode>();

  /** `name` goes before the names of the nodes. */
  constructor(graph: BatchGraph, name: string) {
    this.graph = graph;
    this.#name = name;
  }

  nodeOf(rdd: PlannedRDD): PlanNode {
    const node = this.#nodes.get(rdd) ?? rdd.recipe(this);
    this.#nodes.set(rdd, node);
    return node;
  }

  /** Puts a node in the place of an RDD. */
  use(rdd: PlannedRDD, node: PlanNode): void {
    this.#nodes.set(rdd, node);
  }

  add(parts: NodeParts): PlanNode {
    return this.graph.add(parts, this.graph.unusedName(`${this.#name} > ${parts.operator}`));
  }
}
