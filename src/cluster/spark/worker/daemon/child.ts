import type { Socket } from "node:net";
import type { FunctionHost } from "../function-host.ts";
import { prepareWorker, runWorker } from "../run-worker.ts";
import { type ConnectionEvents, serveConnection } from "../serve-connection.ts";
import type { WorkerEnvironment } from "./worker-environment.ts";

/** What comes with the connection; any other message is not the daemon's. */
export const handedConnection = "dstream connection";

/** Tells the daemon that from here on the child answers on its connection. */
export const takenConnection = "dstream connection taken";
/** Tells the daemon that its session is over. */
export const sessionOver = "dstream session over";
/** Of a child that left because no task came. */
export const silentExitCode = 75;

const toDaemon: ConnectionEvents = {
  silent: () => process.exit(silentExitCode),
  over: () => process.send?.(sessionOver),
};

/** A process that the daemon keeps ready: loads the host, then waits for its connection. */
export function runChild(environment: WorkerEnvironment, loadHost: () => Promise<FunctionHost>): void {
  prepareWorker();
  process.on("disconnect", () => process.exit());
  let isConnected = false;
  process.on("message", (message, socket) => {
    if (message !== handedConnection || isConnected) return;
    isConnected = true;
    // What keeps the host from loading is reported by the first task; a process that ends of it has not answered yet.
    void Promise.allSettled([host]).then(() => {
      process.send?.(takenConnection);
      return runWorker(socket as Socket, (connection) => serveConnection(connection, environment, host, toDaemon));
    });
  });
  const host = loadHost();
  host.catch(() => {});
}
