import { resolve } from "node:path";
import type { CheckpointState } from "../../driver/checkpoint/checkpoint-state.ts";
import { damagedFiles, existingCheckpoint } from "../../driver/checkpoint/inspect-checkpoint.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import type { OffsetRange } from "../../kafka/types.ts";
import { nodeFileSystem } from "../../runtime/files/file-system.ts";
import { thisMachine } from "../../runtime/machine/machine.ts";
import { isSavedRanges } from "../../sources/kafka/planning/saved-ranges.ts";
import { bytesOf, filesOf, type OperatorState } from "../../state/manifest.ts";
import { type Arguments, type Command, NothingFound, required, UsageError } from "../arguments.ts";
import { table } from "../table.ts";
import { printLine, type Terminal } from "../terminal.ts";
import { printEntries, printOperators, printState } from "./checkpoint-state.ts";

export const checkpoint: Command = {
  usage: "checkpoint inspect|verify|offsets|state DIR [OPERATOR [KEY]]",
  help: `show what a job's checkpoint has
  inspect DIR   the job, its last batch, its operators
  verify DIR    reads every file; ends with 1 when one is damaged
  offsets DIR   where each Kafka partition goes on
  state DIR     entries and bytes of each stateful operator; skew: its largest bucket ÷ the mean
  state DIR OPERATOR [--limit 20]   its keys with their states, a line of JSON each
  state DIR OPERATOR KEY            the state of a key, which is JSON; ends with 1 when it has none
  --json        as JSON`,
  options: { json: { type: "boolean" }, limit: { type: "string" } },
  maxArguments: 4,
  async run(args, terminal) {
    try {
      await show(args, terminal);
    } catch (error) {
      throw forWhoAsks(error);
    }
  },
};

async function show(
  { positionals: [action, folder, operator, key], values }: Arguments,
  terminal: Terminal,
): Promise<void> {
  const { output } = terminal;
  const names = [...Object.keys(views), "state"].join(", ");
  if (action === undefined || (action !== "state" && !Object.hasOwn(views, action))) {
    throw new UsageError(
      action === undefined ? `ACTION is missing: one of ${names}` : `no action ${action} of ${names}`,
    );
  }
  const directory = resolve(required(folder, "DIR"));
  if (values.limit !== undefined && (operator === undefined || key !== undefined)) {
    throw new UsageError("--limit is for the entries of an operator: state DIR OPERATOR");
  }
  if (action === "state") {
    if (operator === undefined) return printOperators(directory, values, terminal);
    if (key === undefined) return printEntries(directory, operator, values, terminal);
    return printState(directory, operator, key, terminal);
  }
  if (operator !== undefined) throw new UsageError(`unexpected argument ${operator}`);
  const state = await existingCheckpoint(directory, nodeFileSystem);
  const { json, lines } = await views[action as keyof typeof views](state, directory);
  for (const line of values.json === true ? [JSON.stringify(json, undefined, 2)] : lines) await printLine(output, line);
}

/** What the table of errors says of these is for whoever writes the job. */
function forWhoAsks(error: unknown): unknown {
  if (!(error instanceof DStreamError)) return error;
  const isMissing = error.code === "STATE_OPERATOR_MISSING" || error.code === "INVALID_OPTION";
  return isMissing ? new NothingFound(error.message.replace(/^\[\w+\] /, "")) : error;
}

/** What an action shows, for programs and for people. */
interface View {
  readonly json: unknown;
  readonly lines: readonly string[];
}

const views = { inspect, verify, offsets } as const;

async function inspect(state: CheckpointState): Promise<View> {
  const { appName, id, format, buckets, numBatches, committed, planned, manifest, graph } = state;
  const files = [...filesOf(manifest).values()];
  const bytes = bytesOf(manifest);
  const operators = manifest.map(({ operator }) => operator);
  const entries = manifest.map(({ entries: count }) => count);
  const unfinished = planned?.time;
  const json = { appName, id, format, buckets, numBatches, committed, unfinished, operators, entries, graph };
  const lines = table([
    ["job", appName],
    ["checkpoint id", id],
    ["format", format],
    ["batches", numBatches],
    ["last batch", timeText(committed)],
    ["unfinished batch", timeText(planned?.time)],
    ["state", `${files.length} files, ${bytes} bytes, ${buckets} buckets`],
    ...manifest.map((state): [string, string] => ["stateful operator", operatorText(state)]),
  ]);
  return { json, lines };
}

function operatorText(state: OperatorState): string {
  const { operator, entries } = state;
  return entries === undefined ? operator : `${operator}: ${entries} entries, ${bytesOf([state])} bytes`;
}

async function verify(state: CheckpointState, directory: string): Promise<View> {
  const problems = await damagedFiles(state, directory, thisMachine);
  const count = filesOf(state.manifest).size;
  if (problems.length > 0) {
    const text = `${problems.length} of ${count} files are damaged:\n${problems.join("\n")}`;
    throw new DStreamError("CHECKPOINT_CORRUPT", text, { data: { directory } });
  }
  return { json: { files: count, damaged: 0 }, lines: [`journal and ${count} state files are whole`] };
}

async function offsets({ sources, planned }: CheckpointState): Promise<View> {
  const unfinished = new Map(rangesOf(planned?.sources ?? {}).map((range) => [placeOf(range), range]));
  const committed = rangesOf(sources).map((range) => {
    const again = unfinished.get(placeOf(range));
    unfinished.delete(placeOf(range));
    return { ...range, next: range.untilOffset, again };
  });
  // Partitions, or all of them, of which no batch was committed yet.
  const begun = [...unfinished.values()].map((range) => ({ ...range, next: range.fromOffset, again: range }));
  const json = [...committed, ...begun].map(({ source, topic, partition, next, again }) => {
    return { source, topic, partition, next, unfinished: again && [again.fromOffset, again.untilOffset] };
  });
  const rows = json.map(({ source, topic, partition, next, unfinished: again }) => {
    return [source, topic, partition, next, again === undefined ? "" : again.join("-")];
  });
  return { json, lines: table([["source", "topic", "partition", "next offset", "unfinished"], ...rows]) };
}

function rangesOf(sources: Readonly<Record<string, unknown>>): (OffsetRange & { readonly source: string })[] {
  return Object.entries(sources).flatMap(([source, saved]) => {
    return isSavedRanges(saved) ? saved.ranges.map((range) => ({ ...range, source })) : [];
  });
}

function placeOf({ source, topic, partition }: OffsetRange & { readonly source: string }): string {
  return JSON.stringify([source, topic, partition]);
}

function timeText(time: number | undefined): string {
  return time === undefined ? "none" : `${time} (${new Date(time).toISOString()})`;
}
