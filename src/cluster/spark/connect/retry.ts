// Which failures of a call are worth another try, and how long to wait for it.
import { setTimeout as delay } from "node:timers/promises";
import { Code, type ConnectError } from "@connectrpc/connect";
import { DStreamError } from "../../../errors/dstream-error.ts";
import { TokenRenewed } from "./credentials.ts";
import { httpStatusOf } from "./errors/http-answer.ts";

const firstWaitMs = 50;
const waitMsMax = 5_000;

const brokenConnection: readonly Code[] = [Code.Unavailable, Code.Aborted, Code.Canceled, Code.DeadlineExceeded];
/** A stream that ends in the middle has no code of its own. */
const brokenStream = /incomplete envelope|missing status|stream closed with error code/;

/** Whether the network or a busy server failed, rather than the request. */
export function isTransient(error: ConnectError): boolean {
  if (error.cause instanceof TokenRenewed) return true;
  // The program's own part of a request.
  if (error.cause instanceof DStreamError) return error.cause.retryable;
  if (isFromServer(error)) {
    return (
      error.code === Code.Unavailable ||
      // Another attachment to the same query took this one's place.
      error.rawMessage.includes("INVALID_CURSOR.DISCONNECTED") ||
      error.details.some((detail) => "type" in detail && detail.type === "google.rpc.RetryInfo")
    );
  }
  return brokenConnection.includes(error.code) || brokenStream.test(error.rawMessage);
}

/**
 * Whether someone is there and says that it will pass: a server that begins, a proxy that does not reach it yet. At the start of a job,
 * where a wrong address is likelier than a break, nothing else is worth another try.
 */
export function isBusy(error: ConnectError): boolean {
  if (error.cause instanceof TokenRenewed || error.cause instanceof DStreamError) return isTransient(error);
  return error.code === Code.Unavailable && (isFromServer(error) || httpStatusOf(error) !== undefined);
}

/** Whether the server itself sent the status; else this side noticed that something went wrong. */
export function isFromServer(error: ConnectError): boolean {
  return error.metadata.has("grpc-status") || error.metadata.has("grpc-status-details-bin");
}

/** Waits that double up to 5 s, until `budgetMs` have passed since the first failure after the last success. */
export class Backoff {
  readonly #budgetMs: number;
  #failedAt: number | undefined;
  #waitMs = firstWaitMs;

  constructor(budgetMs: number) {
    this.#budgetMs = budgetMs;
  }

  succeeded(): void {
    this.#failedAt = undefined;
    this.#waitMs = firstWaitMs;
  }

  /** False when the budget is used up, else true after the wait. @throws the signal's reason when it aborts. */
  async wait(signal?: AbortSignal): Promise<boolean> {
    const now = performance.now();
    this.#failedAt ??= now;
    const left = this.#failedAt + this.#budgetMs - now;
    // Timers may be a fraction of a millisecond early.
    if (left < 1) return false;
    await delay(Math.min(this.#waitMs, left), undefined, { signal }).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw error;
    });
    this.#waitMs = Math.min(this.#waitMs * 2, waitMsMax);
    return true;
  }
}
