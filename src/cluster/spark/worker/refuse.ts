import type { Socket } from "node:net";
import type { WorkerEnvironment } from "./daemon/worker-environment.ts";
import { Connection } from "./io/connection.ts";
import { serveConnection } from "./serve-connection.ts";

const patienceMs = 10_000;

/** Serves a connection that no worker could take up: its first task fails with the error. Never rejects. */
export async function refuse(socket: Socket, environment: WorkerEnvironment, error: Error): Promise<void> {
  const host = Promise.reject(error);
  host.catch(() => {});
  const connection = new Connection(socket);
  const patience = setTimeout(() => socket.destroy(), patienceMs);
  try {
    await serveConnection(connection, environment, host);
    await connection.end();
  } catch {
    // Spark sees that the connection ends.
  } finally {
    clearTimeout(patience);
    socket.destroy();
  }
}
