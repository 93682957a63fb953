import { DStreamError } from "../errors/dstream-error.ts";
import { isSavedRanges } from "./kafka/planning/saved-ranges.ts";
import type { LeftPosition, SavedInputs, SourceDriver } from "./source-driver.ts";

/** Where sources stood when the job was last down, as its checkpoint has it. */
export interface SavedPositions {
  /** After the last batch that was committed. */
  readonly sources: SavedInputs;
  /** Of a batch that was begun and is not committed. */
  readonly planned: { readonly sources: SavedInputs } | undefined;
  readonly left?: readonly LeftPosition[];
}

/**
 * Positions that no stream of the program goes on with, once its sources have started: those of streams, topics and folders that it
 * gave up now, or earlier. They are kept, but for those whose names are in `dropState`.
 */
export function leftPositions(
  { sources: committed, planned, left = [] }: SavedPositions,
  sources: readonly SourceDriver[],
  dropState: readonly string[],
): LeftPosition[] {
  const known = [...left, ...Object.entries(committed).map(([name, saved]) => ({ name, saved }))];
  for (const [name, saved] of Object.entries(planned?.sources ?? {})) {
    if (committed[name] === undefined && isSavedRanges(saved)) known.push({ name, saved: before(saved) });
  }
  return known
    .filter(({ name }) => !dropState.includes(name))
    .map(({ name, saved }) => ({ name, saved: leftOver(saved, sources) }))
    .filter(({ saved }) => saved !== undefined);
}

function leftOver(saved: unknown, sources: readonly SourceDriver[]): unknown {
  let rest = saved;
  for (const source of sources) if (rest !== undefined) rest = source.leftOver(rest);
  return rest;
}

/** Of a batch that did not end: where it began. */
function before<S extends { readonly ranges: readonly { readonly fromOffset: number }[] }>(saved: S): S {
  return { ...saved, ranges: saved.ranges.map((range) => ({ ...range, untilOffset: range.fromOffset })) };
}

/** A stream would go on where another one stood that the program gave up: that may be meant, or not. */
export function positionLeft(stream: string, name: string, where: string): DStreamError {
  const text = `the checkpoint has the position of ${where} of the stream "${name}", which an earlier start of the program gave up, and ${stream} would go on there. To go on there name it as it was, with name("${name}"); to begin anew give the position up, with dropState: ["${name}"]`;
  return new DStreamError("POSITION_GIVEN_UP", text, { data: { stream: name, option: "dropState" } });
}
