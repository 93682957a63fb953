import { isMainThread } from "node:worker_threads";
import { StreamingContext, seconds } from "dstream";

const ssc = new StreamingContext({ appName: "other-graph", batchInterval: seconds(1) });
const numbers = ssc.queueStream([[1]]);
(isMainThread ? numbers : numbers.filter(() => true)).print();
await ssc.start();
await ssc.awaitTermination();
