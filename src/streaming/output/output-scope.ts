import { AsyncLocalStorage } from "node:async_hooks";

const scope = new AsyncLocalStorage<object>();

/** Runs a function of foreachRDD. */
export function inOutputOf<R>(context: object, f: () => R): R {
  return scope.run(context, f);
}

/** The context whose foreachRDD runs right here; undefined elsewhere. */
export function outputContext(): object | undefined {
  return scope.getStore();
}
