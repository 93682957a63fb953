import { bucketsOf, type QueryableOperators } from "../../driver/query/queryable-operators.ts";
import type { StateQueries } from "../../driver/query/state-queries.ts";
import { checkInteger } from "../../errors/checks/check-number.ts";
import { checkOptionNames, checkText } from "../../errors/checks/check-options.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import type { ContextState } from "../context/streaming-context.ts";

/**
 * The state of an operator, as the last committed batch left it: one batch's, whole, also while the next one runs. What a batch that
 * runs, or fails, would change is not to be seen. Operators with a state for each key are those of updateStateByKey and mapWithState,
 * and windows with an inverse, whose state is each key's last result.
 *
 * ```ts
 * const totals = ssc.queryState<string, number>("totals");
 * await totals.get("home"); // 42, or undefined
 * for await (const [page, total] of totals.entries({ limit: 100 })) console.log(page, total);
 * ```
 */
export interface StateQuery<K, S> {
  /**
   * The state of a key, found by value: `{ a: 1 }` and `["x", 1]` are keys like others. Undefined where it has none, and before the
   * operator's first batch was committed. What it gives is a copy.
   *
   * @throws KEY_NOT_CANONICAL; ILLEGAL_STATE before start() and when the job has ended; STATE_QUERY_TIMEOUT after 30 s;
   * CHECKPOINT_UNAVAILABLE, CHECKPOINT_CORRUPT
   */
  get(key: K): Promise<S | undefined>;
  /**
   * All keys with their states, in no particular order, of the batch that was the last committed one when the first of them was asked
   * for; at most `limit`, default all. They are read in pieces: a bucket of the state at most is in memory. Whoever takes them has a
   * minute for each piece and ten for all, since files are kept for them meanwhile.
   *
   * @throws INVALID_OPTION for a limit that is no positive integer, UNKNOWN_OPTION; while they are taken, as `get`
   */
  entries(options?: { readonly limit?: number }): AsyncIterable<readonly [K, S]>;
}

/**
 * `queries` gives who answers, at the time of each question; it may throw.
 *
 * @throws STATE_OPERATOR_MISSING for a name that none of the operators has; INVALID_OPTION for what is no name.
 */
export function stateQuery<K, S>(
  operator: string,
  operators: QueryableOperators,
  queries: () => StateQueries,
): StateQuery<K, S> {
  checkText("queryState's operator", operator);
  bucketsOf(operators, operator);
  return {
    get: async (key) => (await queries().get(operator, key)) as S | undefined,
    entries(options = {}) {
      checkOptionNames("entries", options, ["limit"]);
      const { limit } = options;
      if (limit !== undefined) checkInteger("entries's limit", limit, 1);
      return {
        async *[Symbol.asyncIterator]() {
          yield* queries().entries(operator, limit) as AsyncGenerator<readonly [K, S]>;
        },
      };
    },
  };
}

/** Who answers in a job. @throws ILLEGAL_STATE before it has begun, and when it has ended. */
export function answering(state: ContextState, queries: StateQueries | undefined): StateQueries {
  if (state === "ACTIVE" && queries !== undefined) return queries;
  const when =
    state === "STOPPED"
      ? "has ended: `dstream checkpoint state DIR` shows what it left"
      : "has not begun: await start()";
  throw new DStreamError("ILLEGAL_STATE", `state can be asked for while the job runs, and this one ${when}`);
}
