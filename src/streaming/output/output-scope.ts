import { AsyncLocalStorage } from "node:async_hooks";
import type { StreamingContext } from "../context/streaming-context.ts";

const scope = new AsyncLocalStorage<StreamingContext>();

/** Runs a function of foreachRDD. */
export function inOutputOf<R>(context: StreamingContext, f: () => R): R {
  return scope.run(context, f);
}

/** The context whose foreachRDD runs right here; undefined elsewhere. */
export function outputContext(): StreamingContext | undefined {
  return scope.getStore();
}
