import { once } from "node:events";
import { EmbeddedBroker } from "../../broker/index.ts";
import { type Command, integer } from "../arguments.ts";
import { printLine } from "../terminal.ts";

export const broker: Command = {
  usage: "broker [--port N] [--host H] [--dir DIR]",
  help: `start an embedded broker, for development
  --port N       default 9092; 0: a free one
  --host H       default 127.0.0.1
  --dir DIR      keep the logs there; default: in memory
  --memory MIB   bound of the log in memory; default 256`,
  options: { port: { type: "string" }, host: { type: "string" }, dir: { type: "string" }, memory: { type: "string" } },
  maxArguments: 0,
  async run({ values }, { output }) {
    const { host, dir } = values as { host?: string; dir?: string };
    const memoryMib = integer(values, "memory", 1);
    const started = await EmbeddedBroker.start({
      port: integer(values, "port", 0) ?? 9092,
      ...(host !== undefined && { host }),
      ...(dir !== undefined && { dir }),
      ...(memoryMib !== undefined && { maxBytes: memoryMib * 1024 * 1024 }),
      log: (line) => void printLine(output, line),
    });
    await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
    await started.stop();
  },
};
