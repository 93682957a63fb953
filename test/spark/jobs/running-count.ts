import { StreamingContext } from "dstream";

// A job with state, whose tasks write to the checkpoint's folder.

const ssc = new StreamingContext({ appName: "running-count", batchInterval: 500, gracefulStopTimeout: 500 });
ssc
  .queueStream([["a"]], { numPartitions: 1 })
  .map((row) => [row, 1] as const)
  .updateStateByKey<number>((values, total = 0) => total + values.length)
  .print();

await ssc.start();
await ssc.awaitTermination();
