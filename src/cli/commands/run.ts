import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { nearest } from "../../errors/nearest.ts";
import { setRunOptions } from "../../runtime/role.ts";
import { type Command, integer, required, UsageError } from "../arguments.ts";

export const run: Command = {
  usage: "run FILE [--master M] [--batches N] [-- args…]",
  help: `run a job's file
  --master M         local, local[n], local[*]; default: DSTREAM_MASTER, else what the file says
  --checkpoint DIR   not supported yet
  --batches N        stop after N batches
  -- args…           the file's process.argv from the third on`,
  options: { master: { type: "string" }, checkpoint: { type: "string" }, batches: { type: "string" } },
  async run([file, ...args], values) {
    const path = resolve(required(file, "FILE"));
    if (!existsSync(path)) throw new UsageError(`${file} does not exist${similarFiles(path)}`);
    const { master, checkpoint, brokers } = values as { master?: string; checkpoint?: string; brokers?: string };
    const batches = integer(values, "batches", 1);
    setRunOptions({
      ...(master !== undefined && { master }),
      ...(brokers !== undefined && { brokers: brokers.split(",") }),
      ...(checkpoint !== undefined && { checkpointDir: checkpoint }),
      ...(batches !== undefined && { batches }),
    });
    process.argv = [process.execPath, path, ...args];
    await import(pathToFileURL(path).href);
  },
};

function similarFiles(path: string): string {
  const folder = dirname(path);
  const alike = existsSync(folder) ? nearest(basename(path), readdirSync(folder)) : [];
  return alike.length === 0 ? "" : `; similar: ${alike.join(", ")}`;
}
