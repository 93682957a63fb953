import { isMainThread } from "node:worker_threads";
import { StreamingContext } from "dstream";

// What transform makes depends on where it runs, which it must not.

const ssc = new StreamingContext({ appName: "other-transform", batchInterval: 100 });
ssc
  .queueStream([[1, 2, 3]])
  .transform((rdd) => (isMainThread ? rdd.map((n) => n + 1) : rdd.filter((n) => n > 1)))
  .print();
await ssc.start();
await ssc.awaitTermination();
