import { jsonText } from "../../codec/json-text.ts";
import type { CheckpointState } from "../../driver/checkpoint/checkpoint-state.ts";
import { existingCheckpoint } from "../../driver/checkpoint/inspect-checkpoint.ts";
import { checkpointQueries, checkpointSizes } from "../../driver/query/checkpoint-queries.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import { thisMachine } from "../../runtime/machine/machine.ts";
import { skewOf } from "../../ui/views/skew.ts";
import { integer, NothingFound, parsedKey, type Values } from "../arguments.ts";
import { table } from "../table.ts";
import { printLine, type Terminal } from "../terminal.ts";

// dstream checkpoint state DIR [OPERATOR [KEY]]: the last committed batch's, also of a job that runs.

const defaultLimit = 20;
/** How often a checkpoint is read again whose job has removed files meanwhile. */
const attemptsMax = 5;
/** Lines that are kept back until it is known that all of them are of one batch. */
const linesAtOnce = 1_000;

/** The operators of a checkpoint, with how their bytes lie in buckets. */
export async function printOperators(directory: string, values: Values, { output }: Terminal): Promise<void> {
  const sizes = await ofOneBatch(directory, (state) => checkpointSizes(state, directory, thisMachine));
  const json = sizes.map((size) => ({ ...size, skew: skewOf(size.bytesByBucket ?? []) }));
  const rows = json.map(({ operator, entries, files, bytes, buckets, skew }) => {
    return [operator, entries, files, bytes, buckets, skew?.toFixed(1) ?? ""];
  });
  const lines = table([["operator", "entries", "files", "bytes", "buckets", "skew"], ...rows]);
  for (const line of values.json === true ? [JSON.stringify(json, undefined, 2)] : lines) await printLine(output, line);
}

/** Entries of an operator, a line of JSON each. */
export async function printEntries(
  directory: string,
  operator: string,
  values: Values,
  { output, errors }: Terminal,
): Promise<void> {
  const limit = integer(values, "limit", 1) ?? defaultLimit;
  let printed = 0;
  await ofOneBatch(directory, async (state) => {
    let lines: string[] = [];
    const flush = async (): Promise<void> => {
      for (const line of lines) await printLine(output, line);
      printed += lines.length;
      lines = [];
    };
    const entries = checkpointQueries(state, directory, thisMachine).entries(operator, limit + 1);
    try {
      for await (const [key, value] of entries) {
        if (printed + lines.length === limit) {
          await flush();
          const all = state.manifest.find((candidate) => candidate.operator === operator)?.entries;
          const more = all === undefined ? "there are more" : `of ${all}`;
          return await printLine(errors, `${limit} entries, ${more}; --limit N shows others`);
        }
        lines.push(jsonText({ key, state: value }));
        if (lines.length === linesAtOnce) await flush();
      }
      await flush();
    } catch (error) {
      throw printed === 0 ? error : cutShort(printed, error);
    }
  });
}

/** The state of a key. @throws NothingFound where it has none. */
export async function printState(
  directory: string,
  operator: string,
  text: string,
  { output }: Terminal,
): Promise<void> {
  const key = parsedKey(text);
  const states = await ofOneBatch(directory, async (state) => {
    const queries = checkpointQueries(state, directory, thisMachine);
    const found = await queries.get(operator, key);
    if (found !== undefined) return [found];
    // A key that JSON has no word for, a date or a big integer, is found by what is shown of it.
    const shown: unknown[] = [];
    for await (const [other, value] of queries.entries(operator))
      if (jsonText(other) === jsonText(key)) shown.push(value);
    return shown;
  });
  if (states.length === 0) throw new NothingFound(`${operator} has no state for the key ${jsonText(key)}`);
  for (const state of states) await printLine(output, jsonText(state));
}

/** Reads what a batch left, again where a job has removed files of it meanwhile. @throws CHECKPOINT_CORRUPT where no job did. */
async function ofOneBatch<T>(directory: string, read: (state: CheckpointState) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const state = await existingCheckpoint(directory, thisMachine.files);
    try {
      return await read(state);
    } catch (error) {
      const isMissing = error instanceof DStreamError && error.code === "CHECKPOINT_CORRUPT";
      if (!isMissing || attempt === attemptsMax) throw error;
      const { committed } = await existingCheckpoint(directory, thisMachine.files);
      if (committed === state.committed) throw error;
    }
  }
}

function cutShort(printed: number, cause: unknown): unknown {
  if (!(cause instanceof DStreamError) || cause.code !== "CHECKPOINT_CORRUPT") return cause;
  const text = `after ${printed} entries: ${cause.message.replace(/^\[\w+\] /, "")}; a job that runs removes files, so ask again, for fewer, or when it is down`;
  return new DStreamError("CHECKPOINT_UNAVAILABLE", text, { cause, data: { printed } });
}
