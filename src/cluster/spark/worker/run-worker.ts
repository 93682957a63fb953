import { setSourceMapsSupport } from "node:module";
import type { Socket } from "node:net";
import { causeLines, shownError } from "../../../errors/shown/shown-error.ts";
import { Connection } from "./io/connection.ts";

/** How long a task that nobody waits for may take to tidy up, and how long Spark may take to read an answer. */
const endingMs = 10_000;

/** Gives this process to one connection: serves it, then exits. */
export async function runWorker(socket: Socket, serve: (connection: Connection) => Promise<void>): Promise<void> {
  const connection = new Connection(socket);
  process.on("uncaughtException", (error) => void endBy(error, connection));
  connection.closed.addEventListener("abort", exitSoon);
  await serve(connection);
  await end(connection);
}

/** To be called before a job's code runs in this process. */
export function prepareWorker(): void {
  // What a job throws names the places of its own files.
  setSourceMapsSupport(true, { nodeModules: false, generatedCode: false });
  // An interrupt from the terminal goes to the whole group of processes; Spark decides when a worker ends.
  process.on("SIGINT", () => {});
  // Neither the job nor what it starts has any use for it.
  delete process.env.PYTHON_WORKER_FACTORY_SECRET;
}

/**
 * An error that no task threw (a stray promise, a timer's callback) fails the task that runs, and ends the process in any case:
 * nobody knows what else is broken.
 */
async function endBy(error: unknown, connection: Connection): Promise<void> {
  process.stderr.write(
    `dstream worker ${process.pid} ends, an error was not caught: ${[shownError(error), ...causeLines(error)].join("\n")}\n`,
  );
  if (connection.task === undefined) process.exit(1);
  await connection.task.fail(error).catch(() => {});
  await end(connection);
}

async function end(connection: Connection): Promise<void> {
  exitSoon();
  await connection.end();
  process.exit();
}

function exitSoon(): void {
  setTimeout(() => process.exit(), endingMs);
}
