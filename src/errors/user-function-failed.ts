import { DStreamError, internalError } from "./dstream-error.ts";
import { kindOf, stackOf } from "./thrown.ts";
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
 * said stays in `cause`, since it may quote data. INTERNAL_ERROR where it was not the user's function after all.
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
    { cause: thrown, data: { operator: operator.operator, site: operator.site, frame, ...data } },
  );
}

/** Codes of errors that are found in what the user's functions do, where it is not known yet which operator it was. */
const unplaced: readonly string[] = [
  "VALUE_NOT_ENCODABLE",
  "KEY_NOT_CANONICAL",
  "PROMISE_NOT_AWAITED",
  "INVALID_OPTION",
  "ILLEGAL_STATE",
];

/** An error that names the operator, and the line that made it. */
export function withOperator(error: DStreamError, operator: Operator): DStreamError {
  if (!unplaced.includes(error.code) || error.data.site !== undefined) return error;
  const text = error.message.replace(/^\[\w+\] /, "");
  return new DStreamError(error.code, `${operatorText(operator)}: ${text}`, {
    cause: error.cause,
    data: { ...error.data, ...operator },
    retryable: error.retryable,
  });
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
