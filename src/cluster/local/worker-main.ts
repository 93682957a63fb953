import { pathToFileURL } from "node:url";
import { parentPort, workerData } from "node:worker_threads";
import { unwrap, wrap } from "../../runtime/envelope.ts";
import { becomeWorker } from "../../runtime/process/this-process.ts";
import { changedModule } from "./job-build.ts";
import { JobWorker } from "./job-worker.ts";
import type { ToWorker, WorkerData } from "./messages.ts";

// A worker thread of `local[n]` (decision D2): it loads the job's own file, whose start() registers the graph that the file
// built and never resolves.

const { jobFile, jobArguments, runOptions, build, steps } = workerData as WorkerData;
const port = parentPort;
if (port === null) throw new Error("this module runs in a worker thread only");

new JobWorker({
  steps,
  changedModule: () => changedModule(build),
  load(register) {
    becomeWorker({ runOptions, program: [jobFile, ...jobArguments], register });
    return import(pathToFileURL(jobFile).href);
  },
  port: {
    post: (message, transfer) => port.postMessage(wrap(message), transfer),
    listen(listener) {
      port.on("message", (received: unknown) => {
        const message = unwrap<ToWorker>(received);
        if (message !== undefined) listener(message);
      });
      port.unref();
    },
    stay: () => port.ref(),
    exit: () => process.exit(0),
  },
}).begin();
