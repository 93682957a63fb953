import { DStreamError } from "../dstream-error.ts";
import { kindOf } from "../shown/thrown.ts";
import { callSite } from "./user-frame.ts";
import { type Operator, operatorText } from "./user-function-failed.ts";

// What a function of a row gives counts at once: nobody waits for a promise. It would be true for a filter, a row that cannot leave
// its task for map, NaN for an order. Who finds one refuses it, the first time.

/** A promise of any make. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    value !== null &&
    (typeof value === "object" || typeof value === "function") &&
    typeof (value as Partial<PromiseLike<unknown>>).then === "function"
  );
}

/**
 * The result of a user's function, unless it is a promise. Without `operator` whoever catches the error knows which function it was.
 *
 * @throws PROMISE_NOT_AWAITED
 */
export function atOnce<T>(value: T, operator?: Operator): T {
  if (isThenable(value)) throw promiseNotAwaited(value, "a promise", operator);
  return value;
}

/** The rows that a user's function gives. @throws PROMISE_NOT_AWAITED for a promise and for rows that come one after the other; ILLEGAL_STATE for what are no rows. */
export function rowsAtOnce<T>(rows: Iterable<T>, operator?: Operator): Iterable<T> {
  atOnce(rows, operator);
  const given = rows as Partial<Iterable<T> & AsyncIterable<T>> | null | undefined;
  if (typeof given?.[Symbol.iterator] === "function") return rows;
  if (typeof given?.[Symbol.asyncIterator] === "function") throw promiseNotAwaited(rows, "an async iterator", operator);
  const whose = operator === undefined ? "" : `${operatorText(operator)}: `;
  throw new DStreamError(
    "ILLEGAL_STATE",
    `${whose}the function gave ${kindOf(rows)} where rows are expected: what can be iterated`,
  );
}

/** A function whose result counts at once; the program's line that calls an operator with it is the line of its errors. */
export function givingAtOnce<F extends (...given: any) => unknown>(operator: string, f: F): F {
  if (typeof f !== "function") return f;
  const place = { operator, site: callSite() };
  return ((...given: readonly unknown[]) => atOnce(f(...given), place)) as F;
}

/** For code that has found a promise itself. `what`: "a promise". */
export function promiseNotAwaited(promise: unknown, what: string, operator?: Operator): DStreamError {
  // What it comes to is of no interest, and must not end the process.
  if (promise instanceof Promise) promise.catch(() => {});
  const whose = operator === undefined ? "" : `${operatorText(operator)}: `;
  const text = `${whose}the function gave ${what}, and its result counts at once; do what waits in foreachPartition(), foreachRDD() or an async function of mapPartitions()`;
  return new DStreamError("PROMISE_NOT_AWAITED", text, operator === undefined ? {} : { data: { ...operator } });
}
