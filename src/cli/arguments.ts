import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { nearest } from "../errors/nearest.ts";
import { resolveBrokers, splitBrokers } from "../streaming/brokers.ts";

/** One command: its help, the options it takes besides --brokers and --help, and what it does. */
export interface Command {
  readonly usage: string;
  readonly help: string;
  readonly options: ParseArgsOptionsConfig;
  run(positionals: readonly string[], values: Values): Promise<void>;
}

export type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

const common: ParseArgsOptionsConfig = { brokers: { type: "string" }, help: { type: "boolean", short: "h" } };

/** A mistake in how a command was called: exit code 2. */
export class UsageError extends Error {}

/** @throws UsageError naming the nearest option. */
export function parseCommand(
  command: Command,
  args: readonly string[],
): { positionals: readonly string[]; values: Values } {
  const options = { ...common, ...command.options };
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    const unknown = /'(--?[^\s']+)/.exec(String(error))?.[1];
    const [similar] = nearest((unknown ?? "").replace(/^-+/, ""), Object.keys(options), 1);
    const isUnknown = (error as { code?: string }).code === "ERR_PARSE_ARGS_UNKNOWN_OPTION";
    if (!isUnknown) throw new UsageError((error as Error).message);
    throw new UsageError(`unknown option ${unknown}${similar === undefined ? "" : `; did you mean --${similar}?`}`);
  }
}

/** @throws UsageError */
export function integer(values: Values, name: string, min: number): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < min)
    throw new UsageError(`--${name} must be an integer of at least ${min}, not ${String(text)}`);
  return value;
}

/** --brokers, else those of the environment. */
export function brokersOf(values: Values): readonly string[] {
  const given = values.brokers as string | undefined;
  return given === undefined ? resolveBrokers(undefined) : splitBrokers(given);
}

/** @throws UsageError where `name` is missing. */
export function required(value: string | undefined, name: string): string {
  if (value === undefined || value === "") throw new UsageError(`${name} is missing`);
  return value;
}
