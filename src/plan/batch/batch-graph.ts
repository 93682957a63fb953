import type { PlanNode } from "../graph/nodes/node.ts";
import type { SourceNode } from "../graph/nodes/source.ts";
import type { Output } from "../graph/output.ts";
import { withoutUnused } from "../graph/without-unused.ts";
import { cutIntoStages, type Parallelism, type Plan, partitionCounts } from "../plan.ts";
import type { GivenSource } from "./batch-givens.ts";

/** What a node of a batch is made of, without its id. */
export type NodeParts<N = PlanNode> = N extends PlanNode
  ? Omit<N, "id" | "slideMs"> & { readonly slideMs?: number }
  : never;

/** The slide of what is made for the batch alone: it is due whenever it is there. */
const anyTimeMs = 1;

/** The graph of one batch while it is built: copies of the job's nodes, and what functions of transform add. */
export class BatchGraph {
  readonly time: number;
  /** The same for a graph and its copies. */
  readonly origin: object;
  readonly #parallelism: Parallelism;
  readonly #nodes: PlanNode[] = [];
  readonly #names: string[] = [];
  readonly #sources = new Map<number, GivenSource>();
  readonly #startPartitions: Record<number, number> = {};

  /** `parallelism`: the job's, whose sources are not those of the batch. */
  constructor(time: number, parallelism: Parallelism, origin: object = {}) {
    this.time = time;
    this.origin = origin;
    this.#parallelism = parallelism;
  }

  /** What the batch has of its sources, by node id; those without an RDD are missing. */
  get sources(): ReadonlyMap<number, GivenSource> {
    return this.#sources;
  }

  /** Adds a node whose parents are nodes of this graph. */
  add(parts: NodeParts, name: string = this.unusedName(parts.operator)): PlanNode {
    const node = Object.freeze({ slideMs: anyTimeMs, ...parts, id: this.#nodes.length }) as PlanNode;
    this.#nodes.push(node);
    this.#names.push(name);
    return node;
  }

  /** With a counter where the name is taken, as in the job's graph. */
  unusedName(wanted: string): string {
    let name = wanted;
    for (let count = 1; this.#names.includes(name); count++) name = `${wanted}#${count}`;
    return name;
  }

  /** Adds a source. `startPartitions`: the partitions that decide the width of shuffles behind it; default: as the batch has. */
  addSource(
    parts: NodeParts<SourceNode>,
    given: GivenSource | undefined,
    { name, startPartitions = given?.numPartitions ?? 0 }: { name?: string; startPartitions?: number } = {},
  ): PlanNode {
    const node = this.add(parts, name);
    if (given !== undefined) this.#sources.set(node.id, given);
    this.#startPartitions[node.id] = startPartitions;
    return node;
  }

  /** A copy to try something in. */
  fork(): BatchGraph {
    const copy = new BatchGraph(this.time, this.#parallelism, this.origin);
    copy.#nodes.push(...this.#nodes);
    copy.#names.push(...this.#names);
    for (const [id, given] of this.#sources) copy.#sources.set(id, given);
    Object.assign(copy.#startPartitions, this.#startPartitions);
    return copy;
  }

  /** How many partitions a node of this graph has in the batch. */
  partitionsOf(node: PlanNode): number {
    return partitionCounts(this.cut([]), this.partitionsOfSources())[node.id] as number;
  }

  partitionsOfSources(): Record<number, number> {
    return Object.fromEntries([...this.#sources].map(([id, { numPartitions }]) => [id, numPartitions]));
  }

  /** The plan of what `wanted` nodes need; default: of the whole graph. */
  cut(outputs: readonly Output[], wanted: readonly PlanNode[] = this.#nodes): Plan {
    const graph = { nodes: [...this.#nodes], outputs, names: [...this.#names] };
    return cutIntoStages(withoutUnused(graph, wanted), {
      ...this.#parallelism,
      sourcePartitions: this.#startPartitions,
    });
  }
}
