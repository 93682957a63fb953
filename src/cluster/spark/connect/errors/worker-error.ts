import { DStreamError } from "../../../../errors/dstream-error.ts";
import { fromWire, type WireError } from "../../../../errors/error-wire.ts";
import { errorMark } from "../../worker/protocol/error-report.ts";

// Spark indents what a worker printed before it answered.
const markedLine = new RegExp(`^[ \\t]*${errorMark}(.*)$`, "m");

/**
 * The error that one of our own workers reported, out of the text that Spark has wrapped around the report. Undefined when there
 * is none, or not a whole one.
 */
export function workerError(text: string): DStreamError | undefined {
  const json = markedLine.exec(text)?.[1];
  if (json === undefined) return undefined;
  try {
    return DStreamError.from(fromWire(JSON.parse(json) as WireError));
  } catch {
    return undefined;
  }
}
