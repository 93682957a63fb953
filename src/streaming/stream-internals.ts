import type { PlanNode } from "../plan/nodes/node.ts";
import type { DStream } from "./dstream.ts";
import type { JobBuilder } from "./job-builder.ts";
import type { RememberedBatches } from "./remembered-batches.ts";
import type { StreamingContext } from "./streaming-context.ts";

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
