import { isMainThread, parentPort } from "node:worker_threads";
import { StreamingContext } from "dstream";

// In a worker, a promise that nobody waits for rejects after each batch; and its port has messages of others.
const ssc = new StreamingContext({ appName: "dies", batchInterval: 400, maxBatchRetries: 2 });
let isDying = false;
ssc.queueStream<number>([[1], [2], [3], [4], [5], [6], [7], [8], [9], [10]]).foreachPartition(() => {
  if (isMainThread || isDying) return;
  isDying = true;
  for (const message of [null, "text", 5, { type: "done" }, { "watch:import": ["file:///a.ts"] }]) {
    parentPort?.postMessage(message);
  }
  setTimeout(() => Promise.reject(new RangeError("lost in a worker")), 20);
});
await ssc.start();
await ssc.awaitTermination();
