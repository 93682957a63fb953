import type { PlanNode } from "../plan/graph/nodes/node.ts";
import type { JobBuilder } from "./context/job-builder.ts";
import type { StreamingContext } from "./context/streaming-context.ts";
import type { DStream } from "./dstream.ts";
import type { RememberedBatches } from "./remember/remembered-batches.ts";

export type NamedPart = readonly [node: PlanNode, suffix: string];

/** What streams share with their context, out of the way of programs. */
export interface StreamInternals {
  readonly node: PlanNode;
  readonly context: StreamingContext;
  readonly job: JobBuilder;
  readonly slideDuration: number;
  readonly maxResultBytes: number;
  readonly remembered: RememberedBatches;
  /** The nodes that `name()` names, and what comes behind the name; for operators that consist of several. */
  readonly named: readonly NamedPart[];
  add: JobBuilder["add"];
  /** The stream of a node; at run time every stream has the members of PairDStream, types decide who may call them. */
  stream(node: PlanNode, named?: readonly NamedPart[]): DStream<any>;
}
