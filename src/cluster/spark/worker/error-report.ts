import { toWire, type WireError } from "../../../errors/error-wire.ts";

/** Begins the line from which the driver restores the error. */
export const errorMark = "DSTREAM-ERROR:";

/** Texts are cut to this: Spark logs them, and sends them to the driver within a message of limited size. */
const textCharactersMax = 16_384;

/**
 * An error as Spark carries it from a worker to the driver: a line for people, a line for the driver (the wire form as JSON
 * behind `errorMark`), and the stacks. Never throws.
 */
export function errorReport(thrown: unknown): string {
  const wire = toWire(thrown);
  const first = wire.code === undefined ? `${wire.name}: ${wire.message}` : wire.message;
  return [cut(first.replaceAll("\n", " ")), `${errorMark}${wireLine(wire)}`, ...stacks(wire)].join("\n");
}

function wireLine(wire: WireError): string {
  try {
    return JSON.stringify(bounded(wire), (_, value) => (typeof value === "bigint" ? String(value) : value));
  } catch {
    // The facts of an error come from anywhere; an error without them is better than none.
    return JSON.stringify(bounded(withoutData(wire)));
  }
}

function bounded(wire: WireError): WireError {
  const { message, stack, cause } = wire;
  return {
    ...wire,
    message: cut(message),
    stack: stack === undefined ? undefined : cut(stack),
    cause: cause === undefined ? undefined : bounded(cause),
  };
}

function withoutData(wire: WireError): WireError {
  return { ...wire, data: {}, cause: wire.cause === undefined ? undefined : withoutData(wire.cause) };
}

function stacks(wire: WireError): string[] {
  const own = cut(wire.stack ?? `${wire.name}: ${wire.message}`);
  return wire.cause === undefined ? [own] : [own, "caused by", ...stacks(wire.cause)];
}

function cut(text: string): string {
  return text.length <= textCharactersMax ? text : `${text.slice(0, textCharactersMax)}…`;
}
