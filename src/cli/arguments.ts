import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { nearest } from "../errors/checks/nearest.ts";
import { thisProcess } from "../runtime/process/this-process.ts";
import { resolveBrokers, splitBrokers } from "../streaming/input/brokers.ts";
import type { Terminal } from "./terminal.ts";

/** One command: its help, the options it takes besides --brokers and --help, and what it does. */
export interface Command {
  readonly usage: string;
  readonly help: string;
  readonly options: ParseArgsOptionsConfig;
  /** At most so many arguments besides options. */
  readonly maxArguments: number;
  /** Options that may have a number after them, and mean a default without: `--ui`, `--ui 8080`, `--ui=8080`. */
  readonly optionalNumbers?: readonly string[];
  /** Whether what stands behind `--` belongs to the job. */
  readonly takesJobArguments?: boolean;
  run(args: Arguments, terminal: Terminal): Promise<void>;
}

export type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

export interface Arguments {
  readonly positionals: readonly string[];
  /** What stands behind `--`. */
  readonly jobArguments: readonly string[];
  readonly values: Values;
}

const common: ParseArgsOptionsConfig = { brokers: { type: "string" }, help: { type: "boolean", short: "h" } };

/** A mistake in how a command was called: exit code 2. */
export class UsageError extends Error {}

/** A failure that standard error has already: exit code 1. Its cause is the error whose details are still to be told, if any. */
export class AlreadyTold extends Error {}

/** What was asked for is not there: exit code 1. */
export class NothingFound extends Error {}

/** @throws UsageError naming the nearest option, or the argument that is too many. */
export function parseCommand(command: Command, args: readonly string[]): Arguments {
  const separator = args.indexOf("--");
  const own = separator < 0 ? args : args.slice(0, separator);
  const behind = separator < 0 ? [] : args.slice(separator + 1);
  const spelled = withNumbers(own, command.optionalNumbers ?? []);
  const { positionals: plain, values } = parse({ ...common, ...command.options }, spelled);
  const [positionals, jobArguments] = command.takesJobArguments ? [plain, behind] : [[...plain, ...behind], []];
  const tooMany = positionals[command.maxArguments];
  if (tooMany !== undefined) {
    const hint = command.takesJobArguments ? "; arguments for the job stand behind --" : "";
    throw new UsageError(`unexpected argument ${tooMany}${hint}`);
  }
  return { positionals, jobArguments, values };
}

/** An option's number is what follows it, if that is digits; without one its text is empty. */
function withNumbers(args: readonly string[], names: readonly string[]): string[] {
  const spelled: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (!names.some((name) => arg === `--${name}`)) spelled.push(arg);
    else if (/^\d+$/.test(args[i + 1] ?? "")) spelled.push(`${arg}=${args[++i]}`);
    else spelled.push(`${arg}=`);
  }
  return spelled;
}

function parse(
  options: ParseArgsOptionsConfig,
  args: readonly string[],
): { positionals: readonly string[]; values: Values } {
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
  const value = /^\d+$/.test(String(text)) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value) || value < min)
    throw new UsageError(`--${name} must be an integer of at least ${min}, not ${JSON.stringify(text)}`);
  return value;
}

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;

/** Milliseconds of "500ms", "30s", "5m" or "1h". @throws UsageError */
export function duration(values: Values, name: string): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const [, number, unit] = /^(\d+)(ms|s|m|h)$/.exec(String(text)) ?? [];
  const ms = number === undefined ? Number.NaN : Number(number) * unitMs[unit as keyof typeof unitMs];
  if (!Number.isSafeInteger(ms))
    throw new UsageError(
      `--${name} must be a number with its unit, as in 500ms, 30s, 5m or 1h, not ${JSON.stringify(text)}`,
    );
  return ms;
}

/** One of some words. @throws UsageError */
export function oneOf<T extends string>(values: Values, name: string, allowed: readonly T[]): T | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const found = allowed.find((word) => word === text);
  if (found !== undefined) return found;
  throw new UsageError(`--${name} must be one of ${allowed.join(", ")}, not ${JSON.stringify(text)}`);
}

/** A key of state, which is JSON. @throws UsageError */
export function parsedKey(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(
      `KEY must be JSON, and ${text} is not; a text has quotes of its own: '${JSON.stringify(text)}'`,
    );
  }
}

/** --brokers, else those of the environment. */
export function brokersOf(values: Values): readonly string[] {
  const given = values.brokers as string | undefined;
  return given === undefined ? resolveBrokers(undefined, thisProcess) : splitBrokers(given);
}

/** @throws UsageError where `name` is missing. */
export function required(value: string | undefined, name: string): string {
  if (value === undefined || value === "") throw new UsageError(`${name} is missing`);
  return value;
}
