#!/usr/bin/env node
import { runCommandLine } from "./run-command-line.ts";

// A reader that went away, as in `dstream consume … | head`, is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});
const terminal = { input: process.stdin, output: process.stdout, errors: process.stderr };
const code = await runCommandLine(process.argv.slice(2), terminal);
// A job that failed without anybody waiting for it has set the exit code itself.
if (code !== 0) process.exitCode = code;
