import { toWire, type WireError } from "../error-wire.ts";
import { userFrame } from "../user-code/user-frame.ts";

const causeMark = "; caused by ";
const maxShownErrors = 3;
const maxLineLength = 500;

/**
 * An error with its causes in one line, for logs and for messages that quote it. Anything can be shown, whatever was thrown.
 *
 * @example "[USER_FUNCTION_FAILED] the function of map (job.ts:9:4) threw TypeError …; caused by TypeError: x is not a function (job.ts:9:20)"
 */
export function shownError(thrown: unknown): string {
  const wire = toWire(thrown);
  return [wire, ...causesOf(wire)].map(lineOf).join(causeMark);
}

/** What an error was caused by, as `shownError` shows it; "" where nothing is known. For messages that say the rest themselves. */
export function shownCauses(thrown: unknown): string {
  return causesOf(toWire(thrown))
    .map((cause) => `${causeMark}${lineOf(cause)}`)
    .join("");
}

/** The causes of an error for a terminal, one after the other, with the stacks of what the program threw. */
export function causeLines(thrown: unknown): string[] {
  return causesOf(toWire(thrown)).map((cause) => `  caused by: ${detailOf(cause)}`);
}

/** A cause that the error above it has quoted already says nothing new. */
function causesOf(wire: WireError): WireError[] {
  const causes: WireError[] = [];
  for (let [above, cause] = [wire, wire.cause]; cause !== undefined; [above, cause] = [cause, cause.cause]) {
    const isQuoted = cause.message !== "" && above.message.endsWith(cause.message) && frameOf(cause) === undefined;
    if (!isQuoted) causes.push(cause);
  }
  return causes;
}

/** "TypeError: x is not a function (job.ts:9:20)"; a DStreamError's message says all of this itself. */
function headOf(wire: WireError): string {
  if (wire.code !== undefined) return `${wire.message}${partsOf(wire)}`;
  const frame = frameOf(wire);
  const name = wire.name === "Error" && wire.message !== "" ? "" : `${wire.name}${wire.message === "" ? "" : ": "}`;
  return `${name}${wire.message}${frame === undefined ? "" : ` (${frame})`}${partsOf(wire)}`;
}

function detailOf(wire: WireError): string {
  const isOfProgram = wire.code === undefined && frameOf(wire) !== undefined;
  if (!isOfProgram) return headOf(wire);
  const { name, message, stack = "" } = wire;
  // Whoever changed an error's message after it was made finds it beside the stack, which has the old one.
  return `${stack.includes(message) ? stack : `${name}: ${message}\n${stack}`}${partsOf(wire)}`;
}

function partsOf({ errors = [] }: WireError): string {
  if (errors.length === 0) return "";
  const more = errors.length > maxShownErrors ? `, and ${errors.length - maxShownErrors} more` : "";
  const shown = errors.slice(0, maxShownErrors).map((error) => [error, ...causesOf(error)].map(headOf).join(causeMark));
  return ` [${shown.join(" | ")}${more}]`;
}

function frameOf({ stack }: WireError): string | undefined {
  return userFrame(stack);
}

/** One of a line of errors: what others say of theirs may fill pages. */
function lineOf(wire: WireError): string {
  const text = headOf(wire).replaceAll(/\s*\n\s*/g, " ");
  return wire.code !== undefined || text.length <= maxLineLength ? text : `${text.slice(0, maxLineLength)}…`;
}
