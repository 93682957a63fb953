import { Worker } from "node:worker_threads";
import { unwrap, wrap } from "../../runtime/envelope.ts";
import { changedModule, readJobBuild } from "./job-build.ts";
import type { FromWorker } from "./messages.ts";
import type { Workers } from "./worker-port.ts";

/** Memory for short-lived objects: rows die young, and a larger nursery keeps them from being copied first. */
const youngGenerationMb = 64;
const ownExtension = import.meta.url.slice(import.meta.url.lastIndexOf("."));

/** Threads of Node's, in which `worker-main` runs. */
export const nodeWorkers: Workers = {
  buildOf: readJobBuild,
  changedModule,
  start(workerData, events) {
    const worker = new Worker(new URL(`./worker-main${ownExtension}`, import.meta.url), {
      workerData,
      resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMb },
    });
    worker.on("message", (received: unknown) => {
      const message = unwrap<FromWorker>(received);
      if (message !== undefined) events.message(message);
    });
    worker.on("error", (error) => events.failed(error));
    worker.on("exit", (code) => events.exited(code));
    return {
      post: (message, transfer) => worker.postMessage(wrap(message), transfer),
      terminate: () => void worker.terminate(),
    };
  },
};
