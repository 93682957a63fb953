import { DStreamError } from "../../../errors/dstream-error.ts";
import { fromWire, type WireError } from "../../../errors/error-wire.ts";

const marker = /DSTREAM-ERROR:\s*(\{.*)/;

/**
 * The error that one of our own workers wrote into its failed task's text, from whatever Spark has wrapped around it: a line that
 * begins with the marker and goes on with the error's wire form as JSON. Undefined when there is none, or not a whole one.
 */
export function workerError(text: string): DStreamError | undefined {
  const json = marker.exec(text)?.[1];
  if (json === undefined) return undefined;
  try {
    return DStreamError.from(fromWire(JSON.parse(json.trimEnd()) as WireError));
  } catch {
    return undefined;
  }
}
