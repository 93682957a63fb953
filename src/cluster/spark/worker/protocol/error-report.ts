import { toWire, type WireError } from "../../../../errors/error-wire.ts";

/** Begins the line from which the driver restores the error. */
export const errorMark = "DSTREAM-ERROR:";

/** Texts are cut to this: Spark logs them, and sends them to the driver within a message of limited size. */
const textCharactersMax = 16_384;

/**
 * An error as Spark carries it from a worker to the driver: a line for people, a line for the driver (the wire form as JSON
 * after `errorMark`), and the stacks. Where no more than `charactersMax` arrive it is the line for the driver alone, with texts cut
 * until it fits. Never throws.
 */
export function errorReport(thrown: unknown, charactersMax?: number): string {
  const wire = toWire(thrown);
  if (charactersMax !== undefined) return shortReport(wire, charactersMax);
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

/** What matters most goes last: first the ends of stacks and messages, then facts, then causes. */
function shortReport(wire: WireError, charactersMax: number): string {
  const alone: WireError = { ...wire, data: {}, cause: undefined };
  for (const kept of [wire, withoutData(wire), alone]) {
    for (let textMax = charactersMax; textMax >= 100; textMax = Math.floor(textMax / 2)) {
      const line = `${errorMark}${wireLine(bounded(kept, textMax))}`;
      if (line.length <= charactersMax) return line;
    }
  }
  return `${errorMark}${wireLine(bounded({ ...alone, stack: undefined }, 100))}`;
}

function bounded(wire: WireError, textMax = textCharactersMax): WireError {
  const { message, stack, cause } = wire;
  return {
    ...wire,
    message: cut(message, textMax),
    stack: stack === undefined ? undefined : cut(withShortMessage(stack, message, textMax), textMax),
    cause: cause === undefined ? undefined : bounded(cause, textMax),
  };
}

/** A stack begins with the message. Its frames say whose fault the error is, so a long message must not push them out. */
function withShortMessage(stack: string, message: string, stackMax: number): string {
  const isLong = stack.length > stackMax && message.length > stackMax / 2;
  return isLong ? stack.replace(message, () => cut(message, stackMax / 2)) : stack;
}

function withoutData(wire: WireError): WireError {
  return { ...wire, data: {}, cause: wire.cause === undefined ? undefined : withoutData(wire.cause) };
}

function stacks(wire: WireError): string[] {
  const own = cut(wire.stack ?? `${wire.name}: ${wire.message}`);
  return wire.cause === undefined ? [own] : [own, "caused by", ...stacks(wire.cause)];
}

function cut(text: string, charactersMax = textCharactersMax): string {
  return text.length <= charactersMax ? text : `${text.slice(0, charactersMax)}…`;
}
