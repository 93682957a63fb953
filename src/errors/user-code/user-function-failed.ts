import { DStreamError, internalError } from "../dstream-error.ts";
import { RetryableError } from "../retryable-error.ts";
import { kindOf, stackOf } from "../shown/thrown.ts";
import { faultOfOwn, userFrame } from "./user-frame.ts";

/** An operator or output of the program: the user's word for it, and the line that made it. */
export interface Operator {
  readonly operator: string;
  readonly site: string | undefined;
}

/** "map (word-count.ts:9:4)" */
export function operatorText({ operator, site }: Operator): string {
  return site === undefined ? operator : `${operator} (${site})`;
}

/**
 * A function of the user threw: names the operator, the line that made it, the line that threw, and `where`. What the function
 * said stays in `cause`, since it may quote data. Retryable after a RetryableError. INTERNAL_ERROR where it was not the user's function after all.
 */
export function userFunctionFailed(
  thrown: unknown,
  operator: Operator,
  where: string,
  data: Readonly<Record<string, unknown>>,
): DStreamError {
  const stack = stackOf(thrown);
  if (faultOfOwn(stack) !== undefined) return internalError(` in ${operatorText(operator)}, ${where}`, thrown, data);
  const kind = kindOf(thrown);
  const frame = userFrame(stack);
  const at = frame === undefined ? "" : ` at ${frame}`;
  return new DStreamError(
    "USER_FUNCTION_FAILED",
    `the function of ${operatorText(operator)} threw ${kind}${at}, ${where}`,
    {
      cause: thrown,
      data: { operator: operator.operator, site: operator.site, frame, ...data },
      retryable: thrown instanceof RetryableError,
    },
  );
}

/** A function of the user that the driver calls on its way to a batch: what it throws says which function, and `where`. */
export function sayingWhose<G extends readonly unknown[], R>(
  f: (...given: G) => R,
  operatorOf: () => Operator,
  where: (...given: G) => string,
): (...given: G) => R {
  return (...given) => {
    try {
      return f(...given);
    } catch (thrown) {
      if (thrown instanceof DStreamError) throw thrown;
      throw userFunctionFailed(thrown, operatorOf(), where(...given), {});
    }
  };
}
