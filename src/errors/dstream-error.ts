import { type ErrorCode, errorCodes } from "./codes.ts";

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

  /** Turns whatever was thrown into a DStreamError: itself when it is one, else USER_FUNCTION_FAILED with it as `cause`. */
  static from(thrown: unknown): DStreamError {
    if (thrown instanceof DStreamError) return thrown;
    const text = thrown instanceof Error ? thrown.message : String(thrown);
    return new DStreamError("USER_FUNCTION_FAILED", text, { cause: thrown });
  }

  /** Two copies of the package recognise each other's errors. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && brand in value;
  }
}
