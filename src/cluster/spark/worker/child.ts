import type { Socket } from "node:net";
import type { FunctionHost } from "./function-host.ts";
import { prepareWorker, runWorker } from "./run-worker.ts";
import { serveConnection } from "./serve-connection.ts";
import type { WorkerEnvironment } from "./worker-environment.ts";

/** What comes with the connection; any other message is not the daemon's. */
export const handedConnection = "dstream connection";

/** A process that the daemon keeps ready: loads the host, then waits for its connection. */
export function runChild(environment: WorkerEnvironment, loadHost: () => Promise<FunctionHost>): void {
  prepareWorker();
  process.on("disconnect", () => process.exit());
  let isConnected = false;
  process.on("message", (message, socket) => {
    if (message !== handedConnection || isConnected) return;
    isConnected = true;
    void runWorker(socket as Socket, (connection) => serveConnection(connection, environment, host));
  });
  const host = loadHost();
  // The first task reports it.
  host.catch(() => {});
}
