#!/usr/bin/env node
import { errorCodes } from "../errors/codes.ts";
import { DStreamError } from "../errors/dstream-error.ts";
import { nearest } from "../errors/nearest.ts";
import { type Command, parseCommand, UsageError } from "./arguments.ts";
import { broker } from "./commands/broker.ts";
import { consume } from "./commands/consume.ts";
import { produce } from "./commands/produce.ts";
import { run } from "./commands/run.ts";
import { topics } from "./commands/topics.ts";

const commands: Readonly<Record<string, Command>> = { run, broker, topics, produce, consume };
const exitCodes = { failed: 1, usage: 2 } as const;

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

async function main([name, ...args]: readonly string[]): Promise<void> {
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    console.log(overview());
    return;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    const [similar] = nearest(name, Object.keys(commands), 1);
    throw new UsageError(`unknown command ${name}${similar === undefined ? "" : `; did you mean ${similar}?`}`);
  }
  const { positionals, values } = parseCommand(command, args);
  if (values.help === true)
    console.log(
      `usage: dstream ${command.usage}\n\n${command.help}\n  --brokers HOST:PORT[,…]  default: DSTREAM_BROKERS, else localhost:9092`,
    );
  else await command.run(positionals, values);
}

function report(error: unknown): void {
  if (error instanceof UsageError) {
    console.error(`error: ${error.message}\ndstream --help shows the commands`);
    process.exitCode = exitCodes.usage;
    return;
  }
  process.exitCode = exitCodes.failed;
  if (!(error instanceof DStreamError)) {
    console.error(error);
    return;
  }
  console.error(`error ${error.message}\n  what to do: ${errorCodes[error.code].action}`);
  if (error.code === "USER_FUNCTION_FAILED" && error.cause instanceof Error)
    console.error(`  the function's own error: ${error.cause.stack}`);
  if (process.env.DSTREAM_DEBUG === "1") console.error(error);
}

// A reader that went away, as in `dstream consume … | head`, is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});
await main(process.argv.slice(2)).catch(report);
