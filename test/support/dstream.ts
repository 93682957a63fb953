import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { fromSources } from "./from-sources.ts";

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a test does with the command while it runs. */
export interface Running {
  kill(signal: NodeJS.Signals): void;
  readonly stdin: Writable;
}

export interface DstreamOptions {
  /** Called with each line of its standard output. */
  readonly onLine?: (line: string, running: Running) => void;
  /** The same of its standard error. */
  readonly onErrorLine?: (line: string, running: Running) => void;
  /** Called when it has been started. */
  readonly onStart?: (running: Running) => void;
  /** Options of Node. */
  readonly nodeOptions?: readonly string[];
  /** Added to this process's own. Default: the job says what it warns of, and no more. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs the command line in a process of its own until it ends. Standard input is closed unless `onStart` keeps it open. */
export async function dstream(args: readonly string[], options: DstreamOptions = {}): Promise<Outcome> {
  const { onLine, onErrorLine, onStart, nodeOptions = [], env = { DSTREAM_LOG_LEVEL: "warn" } } = options;
  const command = [fromSources, ...nodeOptions, "src/cli/main.ts", ...args];
  const child = spawn(process.execPath, command, { env: { ...process.env, ...env } });
  const running: Running = { kill: (signal) => child.kill(signal), stdin: child.stdin };
  // A command that ends before it has read everything is no failure of the test.
  child.stdin.on("error", () => {});
  if (onStart === undefined) child.stdin.end();
  else onStart(running);
  const [stdout, stderr, [code]] = await Promise.all([
    textOf(child.stdout, (line) => onLine?.(line, running)),
    textOf(child.stderr, (line) => onErrorLine?.(line, running)),
    once(child, "close") as Promise<[number | null]>,
  ]);
  return { code, stdout, stderr };
}

async function textOf(stream: Readable, onLine: (line: string) => void): Promise<string> {
  let [text, told] = ["", 0];
  for await (const chunk of stream.setEncoding("utf8")) {
    text += chunk as string;
    for (let end = text.indexOf("\n", told); end >= 0; end = text.indexOf("\n", told)) {
      onLine(text.slice(told, end));
      told = end + 1;
    }
  }
  return text;
}
