import { type ErrorCode, errorCodes } from "./codes.ts";
import { isErrorLike, kindOf, messageOf, property, stackOf } from "./shown/thrown.ts";
import { faultOfOwn, userFrame } from "./user-code/user-frame.ts";

/** What may be given with an error besides its message. */
export interface DStreamErrorOptions {
  readonly cause?: unknown;
  /** Facts for programs: topic, partition, offset, batch time, option, number seen, limit. Never a payload, never a secret. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** Default: what the table says of the code. */
  readonly retryable?: boolean;
}

const brand = Symbol.for("dstream.error");

/**
 * The one error class. `message` starts with `[CODE]`; `code` is an entry of the table in docs/reference/errors.md;
 * `retryable` says whether running the same work again can help.
 */
export class DStreamError extends Error {
  override readonly name: string = "DStreamError";
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly data: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: DStreamErrorOptions = {}) {
    super(`[${code}] ${message}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? errorCodes[code].retryable;
    this.data = options.data ?? {};
    Object.defineProperty(this, brand, { value: true });
  }

  /**
   * Turns whatever was thrown into a DStreamError: itself when it is one, else with it as `cause`. What code of the program threw
   * is USER_FUNCTION_FAILED, a file that cannot be reached FILE_UNAVAILABLE, and all that nobody expected INTERNAL_ERROR.
   */
  static from(thrown: unknown): DStreamError {
    if (thrown instanceof DStreamError) return thrown;
    const message = messageOf(thrown);
    // Nothing here throws what is no error.
    const isOfProgram = !isErrorLike(thrown) || userFrame(stackOf(thrown)) !== undefined;
    if (isOfProgram && faultOfOwn(stackOf(thrown)) === undefined) {
      return new DStreamError("USER_FUNCTION_FAILED", message, { cause: thrown });
    }
    const path = property(thrown, "path");
    if (typeof path === "string" && property(thrown, "syscall") !== undefined) {
      return new DStreamError("FILE_UNAVAILABLE", message, { cause: thrown, data: { path } });
    }
    return internalError("", thrown);
  }

  /** Two copies of the package recognise each other's errors. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && brand in value;
  }
}

/** An error that neither the program nor its surroundings can be blamed for; `where` says what was under way. */
export function internalError(
  where: string,
  thrown: unknown,
  data: Readonly<Record<string, unknown>> = {},
): DStreamError {
  const frame = faultOfOwn(stackOf(thrown));
  const at = frame === undefined ? "" : ` at ${frame}`;
  const what = `an error of dstream itself${where}: ${kindOf(thrown)}: ${messageOf(thrown)}${at}`;
  return new DStreamError("INTERNAL_ERROR", `${what}. Please report it with this text`, { cause: thrown, data });
}
