import { type ChildProcess, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { writeSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import type { DStreamError } from "../../../../errors/dstream-error.ts";
import { leaveCrashReport } from "../crash-report.ts";
import { memoryGroup } from "../memory-group.ts";
import { intFrame, stringFrame } from "../protocol/framing.ts";
import { refuse } from "../refuse.ts";
import { deathError } from "../worker-death.ts";
import { sessionOver } from "./child.ts";
import { ChildPool } from "./child-pool.ts";
import type { WorkerEnvironment } from "./worker-environment.ts";

/** The argument that makes this program a child of the daemon. */
export const childArgument = "--child";

/** What is left of a session after word that it is over: each of its tasks in this executor brings it. */
const lastTasksMs = 500;
/** Spark may still write to a worker that has ended. */
const lingerMs = 1_000;
/** Memory for short-lived objects, of one of its two halves: rows die young, and a larger nursery keeps them from being copied first. */
const semiSpaceMb = 32;
const stdout = 1;
const stderr = 2;

/**
 * Stands in for pyspark's daemon: Spark starts one per session and executor, reads from its stdout where to connect, gets a worker
 * with each connection, and writes to its stdin the process ids of workers to kill. It ends when its stdin does, that is with
 * the executor, when a task brings word that the session is over, and when nothing has been connected for a while: Spark starts another
 * when it needs one. A worker that waits in Spark's pool is connected. Workers that wait for long leave; Spark finds that out when it
 * wants to use one, and must then be able to tell the daemon.
 */
export async function runDaemon(environment: WorkerEnvironment): Promise<void> {
  const { idleMs, poolMs } = environment;
  const server = createServer({ pauseOnConnect: true });
  const group = memoryGroup();
  /** Of the system, for want of memory: those before this daemon, and those that are known as ends of its workers. */
  let killsKnown = group?.kills() ?? 0;
  let idle: NodeJS.Timeout | undefined;
  let over: NodeJS.Timeout | undefined;
  const start = (): ChildProcess => {
    const child = startChild(environment);
    child.on("message", (message) => {
      if (message !== sessionOver) return;
      clearTimeout(over);
      over = setTimeout(stop, lastTasksMs);
    });
    return child;
  };
  const pool = new ChildPool(start, {
    changed(connected, wasSilent) {
      clearTimeout(idle);
      idle = connected > 0 ? undefined : setTimeout(stop, wasSilent ? poolMs : idleMs);
    },
    died(child, end, connection) {
      const groupWasShort = end.signal === "SIGKILL" && (group?.kills() ?? 0) > killsKnown;
      if (groupWasShort) killsKnown++;
      const error = deathError({ ...end, groupWasShort }, environment.memoryMb, group);
      process.stderr.write(`dstream worker daemon: ${error.message}\n`);
      if (!child.hasTaken) void refuse(connection, environment, error);
      else tellSpark(environment, child.pid as number, error, connection);
    },
  });
  const stop = (): void => {
    // Closing removes a domain socket's file.
    server.close();
    pool.killAll();
    process.exit();
  };
  idle = setTimeout(stop, idleMs);
  server.on("connection", (socket) => {
    socket.on("error", () => {});
    pool.hand(socket);
  });
  readInts(process.stdin, (pid) => pool.kill(pid), stop);
  process.on("SIGTERM", stop);
  // Interrupts and hang-ups of the terminal go to all processes of its group; Spark decides when its workers end.
  for (const signal of ["SIGINT", "SIGHUP"]) process.on(signal, () => {});
  writeSync(stdout, await listen(server, environment));
}

/** The connection ends, and Spark looks for the reason: after that it may be closed for writing, too. */
function tellSpark({ crashFolder }: WorkerEnvironment, pid: number, error: DStreamError, connection: Socket): void {
  if (crashFolder !== undefined) leaveCrashReport(crashFolder, pid, error);
  connection.end();
  setTimeout(() => connection.destroy(), lingerMs);
}

/** Where the server listens, as Spark wants to be told. */
async function listen(server: Server, { socketDir, loopback }: WorkerEnvironment): Promise<Buffer> {
  const path = socketDir === undefined ? undefined : join(socketDir, `.${randomUUID()}.sock`);
  server.listen(path === undefined ? { host: loopback, port: 0 } : { path });
  await once(server, "listening");
  const address = server.address();
  if (path !== undefined) return stringFrame(path);
  if (address === null || typeof address === "string") throw new Error("the daemon listens on no port");
  return intFrame(address.port);
}

/** What the user's code prints goes to Spark's log, errors by way of the daemon; the daemon's stdout belongs to the protocol. */
function startChild({ memoryMb }: WorkerEnvironment): ChildProcess {
  const limit = memoryMb === undefined ? [] : [`--max-old-space-size=${memoryMb}`];
  return fork(process.argv[1] as string, [childArgument], {
    execArgv: [...process.execArgv, `--max-semi-space-size=${semiSpaceMb}`, ...limit],
    stdio: ["ignore", stderr, "pipe", "ipc"],
  });
}

function readInts(stream: NodeJS.ReadStream, each: (value: number) => void, end: () => void): void {
  let rest = Buffer.alloc(0);
  stream.on("data", (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    for (; rest.length >= 4; rest = rest.subarray(4)) each(rest.readInt32BE(0));
  });
  for (const event of ["end", "error", "close"]) stream.on(event, end);
}
