import { inspect } from "node:util";
import { nearest } from "../errors/checks/nearest.ts";
import { errorCodes } from "../errors/codes.ts";
import { DStreamError } from "../errors/dstream-error.ts";
import { causeLines, shownError } from "../errors/shown/shown-error.ts";
import { isErrorLike } from "../errors/shown/thrown.ts";
import { AlreadyTold, type Command, NothingFound, parseCommand, UsageError } from "./arguments.ts";
import { broker } from "./commands/broker.ts";
import { checkpoint } from "./commands/checkpoint.ts";
import { consume } from "./commands/consume.ts";
import { history } from "./commands/history.ts";
import { produce } from "./commands/produce.ts";
import { run } from "./commands/run.ts";
import { state } from "./commands/state.ts";
import { status } from "./commands/status.ts";
import { topics } from "./commands/topics.ts";
import { printLine, type Terminal } from "./terminal.ts";

const commands: Readonly<Record<string, Command>> = {
  ...{ run, status, state, history, checkpoint },
  ...{ broker, topics, produce, consume },
};
const exitCodes = { done: 0, failed: 1, usage: 2 } as const;

/** Runs one command; errors are told on the terminal. Returns the exit code. */
export async function runCommandLine(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await runCommand(args, terminal);
    return exitCodes.done;
  } catch (error) {
    const text = error instanceof AlreadyTold ? moreOf(error.cause) : describe(error);
    if (text !== "") await printLine(terminal.errors, text);
    return error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
  }
}

async function runCommand([name, ...args]: readonly string[], terminal: Terminal): Promise<void> {
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    await printLine(terminal.output, overview());
    return;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    const [similar] = nearest(name, Object.keys(commands), 1);
    throw new UsageError(`unknown command ${name}${similar === undefined ? "" : `; did you mean ${similar}?`}`);
  }
  const parsed = parseCommand(command, args);
  if (parsed.values.help === true) await printLine(terminal.output, helpOf(command));
  else await command.run(parsed, terminal);
}

function overview(): string {
  const lines = Object.values(commands).map(
    ({ usage, help }) => `  dstream ${usage.padEnd(44)} ${help.split("\n")[0]}`,
  );
  return [
    "dstream: Spark Streaming on Kafka, for TypeScript",
    "",
    ...lines,
    "",
    "dstream COMMAND --help tells more.",
  ].join("\n");
}

function helpOf({ usage, help }: Command): string {
  const brokers = "--brokers HOST:PORT[,…]  default: DSTREAM_BROKERS, else localhost:9092";
  return `usage: dstream ${usage}\n\n${help}\n  ${brokers}`;
}

/** What a line of a log has no room for: the stacks of what the program threw. */
function moreOf(error: unknown): string {
  if (error === undefined) return "";
  const stacks = causeLines(error).filter((text) => text.includes("\n"));
  if (process.env.DSTREAM_DEBUG === "1") stacks.push(inspect(error));
  return stacks.join("\n");
}

function describe(error: unknown): string {
  if (error instanceof UsageError) return `error: ${error.message}\ndstream --help shows the commands`;
  if (error instanceof NothingFound) return error.message;
  // A program may throw anything at its top level.
  if (!(error instanceof DStreamError)) return isErrorLike(error) ? inspect(error) : `error ${shownError(error)}`;
  const lines = [`error ${error.message}`, `  what to do: ${errorCodes[error.code].action}`, ...causeLines(error)];
  if (process.env.DSTREAM_DEBUG === "1") lines.push(inspect(error));
  return lines.join("\n");
}
