import { type ErrorCode, errorCodes } from "./codes.ts";
import { DStreamError } from "./dstream-error.ts";
import { isErrorLike, kindOf, messageOf, property, stackOf } from "./shown/thrown.ts";

/**
 * An error as plain data: for the way from a worker to the driver, since cloning an error loses its class and its own fields, and
 * for showing it. Anything can be thrown: a text, nothing, an object whose getters throw, errors that are each other's cause.
 */
export interface WireError {
  /** As `kindOf` says. */
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: ErrorCode | undefined;
  readonly retryable: boolean;
  readonly data: Readonly<Record<string, unknown>>;
  readonly cause: WireError | undefined;
  /** Of an AggregateError. */
  readonly errors?: readonly WireError[];
}

const maxCauses = 8;
const maxErrors = 8;
const maxTextLength = 16_384;

/** Never throws. */
export function toWire(thrown: unknown): WireError {
  return wireOf(thrown, []);
}

/** `above`: the errors that this one is a cause of. */
function wireOf(thrown: unknown, above: readonly unknown[]): WireError {
  const own = thrown instanceof DStreamError ? thrown : undefined;
  const isError = own !== undefined || isErrorLike(thrown);
  const below = (inner: unknown): WireError | undefined =>
    inner === undefined || above.length >= maxCauses || inner === thrown || above.includes(inner)
      ? undefined
      : wireOf(inner, [...above, thrown]);
  const errors = isError ? property(thrown, "errors") : undefined;
  const parts = Array.isArray(errors) ? errors.slice(0, maxErrors).map(below) : [];
  const known = parts.filter((part) => part !== undefined);
  return {
    name: kindOf(thrown),
    message: cut(messageOf(thrown)),
    stack: stackOf(thrown),
    code: own?.code,
    retryable: own?.retryable ?? false,
    data: own === undefined ? {} : cloneable(own.data),
    cause: isError ? below(property(thrown, "cause")) : undefined,
    ...(known.length > 0 && { errors: known }),
  };
}

export function fromWire(wire: WireError): Error {
  const cause = wire.cause === undefined ? undefined : fromWire(wire.cause);
  const error = restore(wire, cause);
  // Of what is no error it would be the stack of this function.
  Object.defineProperty(error, "stack", { value: wire.stack, configurable: true, writable: true });
  return error;
}

function restore({ name, message, code, retryable, data, errors }: WireError, cause: Error | undefined): Error {
  if (code !== undefined && code in errorCodes) {
    return new DStreamError(code, message.replace(`[${code}] `, ""), { cause, data, retryable });
  }
  const causes = cause === undefined ? {} : { cause };
  const error =
    errors === undefined ? new Error(message, causes) : new AggregateError(errors.map(fromWire), message, causes);
  Object.defineProperty(error, "name", { value: name, configurable: true, writable: true });
  return error;
}

/** Facts come from anywhere; an error without them is better than none. */
function cloneable(data: WireError["data"]): WireError["data"] {
  try {
    return structuredClone(data);
  } catch {
    return {};
  }
}

function cut(message: string): string {
  return message.length <= maxTextLength ? message : `${message.slice(0, maxTextLength)}…`;
}
