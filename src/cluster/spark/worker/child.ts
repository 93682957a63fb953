import type { Socket } from "node:net";
import type { FunctionHost } from "./function-host.ts";
import { prepareWorker, runWorker } from "./run-worker.ts";
import { serveConnection } from "./serve-connection.ts";
import type { WorkerEnvironment } from "./worker-environment.ts";

/** A process that the daemon keeps ready: loads the host, then waits for its connection. */
export function runChild(environment: WorkerEnvironment, loadHost: () => Promise<FunctionHost>): void {
  prepareWorker();
  process.on("disconnect", () => process.exit());
  process.once("message", (_message, socket) => {
    void runWorker(socket as Socket, (connection) => serveConnection(connection, environment, host));
  });
  const host = loadHost();
  // The first task reports it.
  host.catch(() => {});
}
