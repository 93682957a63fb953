import { timingSafeEqual } from "node:crypto";
import type { WorkerEnvironment } from "./daemon/worker-environment.ts";
import type { FunctionHost } from "./function-host.ts";
import type { Connection } from "./io/connection.ts";
import { PeerGone } from "./io/peer-gone.ts";
import { FrameReader, intFrame, stringFrame } from "./protocol/framing.ts";
import { serveTask } from "./serve-task.ts";

/** What becomes of the process of a connection. */
export interface ConnectionEvents {
  /** No task has come for as long as the host said. */
  readonly silent: () => void;
  /** The host was told that its session is over. */
  readonly over: () => void;
}

/** Serves a connection that Spark made to the daemon, task after task. */
export async function serveConnection(
  connection: Connection,
  environment: WorkerEnvironment,
  host: Promise<FunctionHost>,
  events?: ConnectionEvents,
): Promise<void> {
  try {
    await connection.sink.write(intFrame(process.pid));
    if (environment.socketDir === undefined && !(await isAuthentic(connection, environment.secret))) return;
  } catch (error) {
    if (error instanceof PeerGone) return;
    throw error;
  }
  let silence: NodeJS.Timeout | undefined;
  while (await serveTask(connection, host)) {
    clearTimeout(silence);
    const { idleMs, isOver } = await host;
    if (isOver) events?.over();
    if (!environment.reuse) return;
    const lookForTask = (): void => {
      if (connection.task === undefined) events?.silent();
    };
    if (idleMs !== undefined) silence = setTimeout(lookForTask, idleMs);
  }
}

/** Spark proves by its secret that it is the one who started the daemon; anyone on the machine can connect over TCP. */
async function isAuthentic({ source, sink }: Connection, secret: string | undefined): Promise<boolean> {
  const expected = Buffer.from(secret ?? "", "utf8");
  const length = await new FrameReader(source).int();
  const same =
    expected.length > 0 && length === expected.length && timingSafeEqual(await source.read(length), expected);
  await sink.write(stringFrame(same ? "ok" : "err"));
  return same;
}
