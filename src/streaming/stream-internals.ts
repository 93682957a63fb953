import type { AsyncLocalStorage } from "node:async_hooks";
import type { PlanNode } from "../plan/nodes/node.ts";
import type { DStream } from "./dstream.ts";
import type { JobBuilder } from "./job-builder.ts";
import type { StreamingContext } from "./streaming-context.ts";

/** What streams share with their context, out of the way of programs. */
export interface StreamInternals {
  readonly node: PlanNode;
  readonly context: StreamingContext;
  readonly job: JobBuilder;
  readonly slideDuration: number;
  readonly maxResultBytes: number;
  /** Set while a function of foreachRDD runs. */
  readonly outputScope: AsyncLocalStorage<boolean>;
  add: JobBuilder["add"];
  /** The stream of a node; at run time every stream has the members of PairDStream, types decide who may call them. */
  stream(node: PlanNode): DStream<any>;
}
