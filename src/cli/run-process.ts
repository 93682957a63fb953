import type { Writable } from "node:stream";
import { runCommandLine } from "./run-command-line.ts";

/** For what readers of the output take. */
const flushMs = 10_000;

/** Runs the command that the process was started with, and ends the process: what may still be open is of no use to anybody. */
export async function runProcess(): Promise<void> {
  // A reader that went away, as in `dstream consume … | head`, is no error.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit();
    throw error;
  });
  // Where nobody reads errors there is nobody to tell.
  process.stderr.on("error", () => {});
  const terminal = { input: process.stdin, output: process.stdout, errors: process.stderr };
  const code = await runCommandLine(process.argv.slice(2), terminal);
  // The program may have set another code itself.
  if (code !== 0) process.exitCode ||= code;
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  process.exit();
}

/** Resolves when a reader has everything, or does not take it. */
function flushed(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, flushMs);
    stream.write("", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
