import { isMainThread } from "node:worker_threads";
import { StreamingContext } from "dstream";

// A worker has values of broadcasts in its tasks only.

const ssc = new StreamingContext({ appName: "reads-broadcast", batchInterval: 100 });
const limit = ssc.broadcast(() => 1);
if (!isMainThread) process.stdout.write(String(limit.value));
ssc.queueStream([[1]]).print();
await ssc.start();
await ssc.awaitTermination();
