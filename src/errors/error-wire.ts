import { type ErrorCode, errorCodes } from "./codes.ts";
import { DStreamError } from "./dstream-error.ts";

/** An error as plain data, for the way from a worker to the driver. Cloning an error loses its class and its own fields. */
export interface WireError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: ErrorCode | undefined;
  readonly retryable: boolean;
  readonly data: Readonly<Record<string, unknown>>;
  readonly cause: WireError | undefined;
}

const maxCauses = 8;

export function toWire(thrown: unknown, depth = 0): WireError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const own = thrown instanceof DStreamError ? thrown : undefined;
  return {
    name: error.name,
    message: error.message,
    stack: error.stack,
    code: own?.code,
    retryable: own?.retryable ?? false,
    data: own?.data ?? {},
    cause: error.cause === undefined || depth === maxCauses ? undefined : toWire(error.cause, depth + 1),
  };
}

export function fromWire(wire: WireError): Error {
  const cause = wire.cause === undefined ? undefined : fromWire(wire.cause);
  const error = restore(wire, cause);
  if (wire.stack !== undefined) error.stack = wire.stack;
  return error;
}

function restore({ name, message, code, retryable, data }: WireError, cause: Error | undefined): Error {
  if (code !== undefined && code in errorCodes) {
    return new DStreamError(code, message.replace(`[${code}] `, ""), { cause, data, retryable });
  }
  return Object.assign(new Error(message, { cause }), { name });
}
