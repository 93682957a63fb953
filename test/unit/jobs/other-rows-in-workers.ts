import { isMainThread } from "node:worker_threads";
import { StreamingContext } from "dstream";

// The rows of an RDD that transform uses depend on where they are made, which they must not.

const ssc = new StreamingContext({ appName: "other-rows", batchInterval: 100 });
const factors = ssc.parallelize([isMainThread ? 2 : 3]);
ssc
  .queueStream([[1, 2, 3]])
  .transform((rdd) => rdd.cartesian(factors).map(([n, factor]) => n * factor))
  .print();
await ssc.start();
await ssc.awaitTermination();
