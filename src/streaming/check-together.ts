import { checkOwnCopy, invalidOption, propertyOf } from "../errors/checks/check-options.ts";
import { DStreamError } from "../errors/dstream-error.ts";
import type { JobBuilder } from "./context/job-builder.ts";
import type { StreamInternals } from "./stream-internals.ts";

/**
 * @param job that of the context that is asked
 * @throws INVALID_OPTION for what is no stream; ILLEGAL_STATE for no stream, or streams of different contexts or slides.
 */
export function checkTogether(
  operator: string,
  streams: readonly { readonly internals: StreamInternals }[],
  job: JobBuilder | undefined = streams[0]?.internals?.job,
): void {
  checkStreams(operator, streams);
  const [first] = streams;
  if (first === undefined) throw new DStreamError("ILLEGAL_STATE", `${operator} needs at least one stream`);
  for (const { internals } of streams) {
    if (internals.job !== job) throw new DStreamError("ILLEGAL_STATE", `${operator} takes streams of one context only`);
    if (internals.slideDuration !== first.internals.slideDuration) {
      throw new DStreamError("ILLEGAL_STATE", `${operator} takes streams of one slide duration only`);
    }
  }
}

/** @throws INVALID_OPTION for what is no list of streams. */
export function checkStreams(operator: string, streams: readonly { readonly internals: StreamInternals }[]): void {
  if (!Array.isArray(streams)) throw invalidOption(`${operator}'s streams`, streams, "an array of streams");
  for (const stream of streams) {
    if (propertyOf(stream, "internals") === undefined)
      throw invalidOption(`${operator}'s argument`, stream, "a stream");
    checkOwnCopy(`${operator}'s argument`, stream, "a stream");
  }
}
