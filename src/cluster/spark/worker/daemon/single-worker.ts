import { once } from "node:events";
import { connect } from "node:net";
import type { FunctionHost } from "../function-host.ts";
import type { Connection } from "../io/connection.ts";
import { FrameReader, intFrame, stringFrame } from "../protocol/framing.ts";
import { prepareWorker, runWorker } from "../run-worker.ts";
import { serveTask } from "../serve-task.ts";
import type { WorkerEnvironment } from "./worker-environment.ts";

/** A worker that Spark starts without a daemon: it connects to Spark and serves one task. */
export async function runSingleWorker(
  environment: WorkerEnvironment,
  loadHost: () => Promise<FunctionHost>,
): Promise<void> {
  prepareWorker();
  const { connectTo, secret } = environment;
  const socket = connect(connectTo);
  await once(socket, "connect");
  await runWorker(socket, async (connection) => {
    if (!("path" in connectTo)) await authenticate(connection, secret ?? "");
    await connection.sink.write(intFrame(process.pid));
    await serveTask(connection, loadHost());
  });
}

async function authenticate({ source, sink }: Connection, secret: string): Promise<void> {
  await sink.write(stringFrame(secret));
  if ((await new FrameReader(source).string()) !== "ok") throw new Error("Spark does not know the worker's secret");
}
