import { type ChildProcess, execFile, spawn } from "node:child_process";
import { promisify } from "node:util";

const lastActs = new Set<() => void>();
process.on("exit", () => {
  for (const act of lastActs) act();
});
// By default a signal ends a process without its "exit" event, and what it started would live on.
for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const) {
  process.once(signal, () => process.exit(code));
}

/** Runs `act` when this process ends, by a signal, too. Returns the function that takes it back. */
export function onEnd(act: () => void): () => void {
  lastActs.add(act);
  return () => lastActs.delete(act);
}

/** A process that ends with this one at the latest; `env` is added to this process's own. */
export function startProcess(
  command: string,
  args: readonly string[],
  { env = {}, ...options }: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): ChildProcess {
  const all = { ...process.env, ...env };
  const child = spawn(command, args, { ...options, env: all, stdio: ["ignore", "pipe", "pipe"] });
  child.once(
    "exit",
    onEnd(() => child.kill("SIGKILL")),
  );
  return child;
}

/** Ends a process and waits until it has ended. */
export async function endProcess(child: ChildProcess, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await ended;
}

const execute = promisify(execFile);

/**
 * Standard output of a command, which has 2 minutes unless `timeoutMs` is given; `env` is added to this process's own.
 * @throws with its standard error when it fails.
 */
export async function outputOf(
  command: string,
  args: readonly string[],
  { timeoutMs = 120_000, env = {}, cwd }: { timeoutMs?: number; env?: NodeJS.ProcessEnv; cwd?: string } = {},
): Promise<string> {
  const options = { maxBuffer: 64 * 1024 * 1024, timeout: timeoutMs, env: { ...process.env, ...env }, cwd };
  const { stdout } = await execute(command, args, options);
  return stdout;
}
