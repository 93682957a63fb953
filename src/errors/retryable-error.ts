const brand = Symbol.for("dstream.retryable");

/**
 * Thrown by a function of the program when trying again may help: a database that is away, a service that asks for patience. The batch
 * is run again, after 100 ms, 200 ms, 400 ms …, never more than 30 s, at most `maxBatchRetries` times (default 3); then the job ends with
 * USER_FUNCTION_FAILED, as it does at once after any other error. All functions of the batch run again, so what they write has to
 * bear that: docs/guide/writing-to-databases.md.
 *
 * @example
 * words.foreachPartition(async (rows) => {
 *   try {
 *     await store.write([...rows]);
 *   } catch (cause) {
 *     throw new RetryableError("the store is away", { cause });
 *   }
 * });
 */
export class RetryableError extends Error {
  override readonly name: string = "RetryableError";

  constructor(message?: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    Object.defineProperty(this, brand, { value: true });
    // The first line that it shows is the program's.
    Error.captureStackTrace(this, RetryableError);
  }

  /** Two copies of the package recognise each other's errors. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && brand in value;
  }
}
