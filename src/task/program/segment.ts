import type { KeyedNode } from "../../plan/graph/nodes/keyed.ts";
import type { MapPartitionsNode } from "../../plan/graph/nodes/map-partitions.ts";
import type { RepartitionNode } from "../../plan/graph/nodes/repartition.ts";
import type { SourceNode } from "../../plan/graph/nodes/source.ts";
import type { UnionNode } from "../../plan/graph/nodes/union.ts";
import type { WindowNode } from "../../plan/graph/nodes/window.ts";
import type { Output } from "../../plan/graph/output.ts";
import type { Edge } from "../../plan/plan.ts";

/** The unions that rows pass on their way from a segment's root, and as which parent's: it decides their partition there. */
export type Path = readonly { readonly union: UnionNode; readonly parentIndex: number }[];

/** Where the rows of a segment come from: a keyed node's over edges and from segments before it, as its inputs are placed. */
export type SegmentRoot =
  | { readonly kind: "source"; readonly node: SourceNode }
  | { readonly kind: "edge"; readonly node: UnionNode | RepartitionNode; readonly edge: Edge }
  | { readonly kind: "keyed"; readonly node: KeyedNode; readonly edges: readonly Edge[] }
  | { readonly kind: "window"; readonly node: WindowNode; readonly edge: Edge | undefined }
  | { readonly kind: "mapPartitions"; readonly node: MapPartitionsNode };

/** Where rows leave a segment: over an edge, to an output, or into a later segment of the same stage. */
export type SinkSpec = { readonly path: Path } & (
  | { readonly kind: "edge"; readonly edge: Edge }
  | { readonly kind: "output"; readonly output: Output }
  | { readonly kind: "segment"; readonly segment: Segment; readonly input: number }
);

/**
 * What the loop notes while it runs, so that an error can be placed: the index in the rows given, and the operator, a node's id
 * or, for an output, the number of nodes plus its id.
 */
export interface LoopPosition {
  operator: number;
  row: number;
}

/** Anything a loop ends in. */
export interface RowSink {
  add(row: any): void;
}

export type Loop = (rows: Iterable<unknown>, at: LoopPosition, sinks: readonly RowSink[]) => void;

/** A root and everything that follows it in one loop, up to where rows are handed on. */
export interface Segment {
  readonly root: SegmentRoot;
  readonly loop: Loop;
  readonly sinks: readonly SinkSpec[];
  /** What runs in each sink, as in LoopPosition. */
  readonly sinkOperators: readonly number[];
}
