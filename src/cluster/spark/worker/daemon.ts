import { fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { writeSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { ChildPool } from "./child-pool.ts";
import { intFrame, stringFrame } from "./framing.ts";
import type { WorkerEnvironment } from "./worker-environment.ts";

/** The argument that makes this program a child of the daemon. */
export const childArgument = "--child";

/** Memory for short-lived objects, of one of its two halves: rows die young, and a larger nursery keeps them from being copied first. */
const semiSpaceMb = 32;
const stdout = 1;
const stderr = 2;

/**
 * Stands in for pyspark's daemon: Spark starts one per session and executor, reads from its stdout where to connect, gets a worker
 * with each connection, and writes to its stdin the process ids of workers to kill. It ends when its stdin does, that is with
 * the executor, and when nothing has been connected for a while: Spark starts another when it needs one. A worker
 * that waits in Spark's pool is connected.
 */
export async function runDaemon(environment: WorkerEnvironment): Promise<void> {
  const { idleMs } = environment;
  const server = createServer({ pauseOnConnect: true });
  let idle: NodeJS.Timeout | undefined;
  const pool = new ChildPool(
    () => startChild(environment),
    (connected) => {
      clearTimeout(idle);
      idle = connected > 0 ? undefined : setTimeout(stop, idleMs);
    },
  );
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

/** What the user's code prints goes to Spark's log: the daemon's stdout belongs to the protocol. */
function startChild({ memoryMb }: WorkerEnvironment): ReturnType<typeof fork> {
  const limit = memoryMb === undefined ? [] : [`--max-old-space-size=${memoryMb}`];
  return fork(process.argv[1] as string, [childArgument], {
    execArgv: [...process.execArgv, `--max-semi-space-size=${semiSpaceMb}`, ...limit],
    stdio: ["ignore", stderr, stderr, "ipc"],
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
