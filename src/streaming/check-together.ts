import { DStreamError } from "../errors/dstream-error.ts";
import type { JobBuilder } from "./job-builder.ts";
import type { StreamInternals } from "./stream-internals.ts";

/** @throws ILLEGAL_STATE for no stream, or streams of different contexts or slides; `job`: that of the context that is asked. */
export function checkTogether(
  operator: string,
  streams: readonly { readonly internals: StreamInternals }[],
  job: JobBuilder | undefined = streams[0]?.internals.job,
): void {
  const [first] = streams;
  if (first === undefined) throw new DStreamError("ILLEGAL_STATE", `${operator} needs at least one stream`);
  for (const { internals } of streams) {
    if (internals.job !== job) throw new DStreamError("ILLEGAL_STATE", `${operator} takes streams of one context only`);
    if (internals.slideDuration !== first.internals.slideDuration) {
      throw new DStreamError("ILLEGAL_STATE", `${operator} takes streams of one slide duration only`);
    }
  }
}
