import { DStreamError } from "../errors/dstream-error.ts";
import type { StreamInternals } from "./stream-internals.ts";

/** @throws ILLEGAL_STATE for no stream, or streams of different contexts or slides. */
export function checkTogether(operator: string, streams: readonly { readonly internals: StreamInternals }[]): void {
  const [first] = streams;
  if (first === undefined) throw new DStreamError("ILLEGAL_STATE", `${operator} needs at least one stream`);
  for (const { internals } of streams) {
    if (internals.job !== first.internals.job)
      throw new DStreamError("ILLEGAL_STATE", `${operator} takes streams of one context only`);
    if (internals.slideDuration !== first.internals.slideDuration) {
      throw new DStreamError("ILLEGAL_STATE", `${operator} takes streams of one slide duration only`);
    }
  }
}
