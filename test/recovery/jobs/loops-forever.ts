import { writeSync } from "node:fs";
import { milliseconds, StreamingContext } from "dstream";

// A function that never returns. It says so without the event loop, which the thread no longer serves.
const ssc = new StreamingContext({
  appName: "loops-forever",
  batchInterval: milliseconds(100),
  gracefulStopTimeout: milliseconds(100),
});
ssc.queueStream([["a"]], { numPartitions: 1 }).foreachPartition((rows) => {
  for (const _row of rows) {
    writeSync(1, "looping\n");
    for (;;);
  }
});
await ssc.start();
await ssc.awaitTermination();
console.log("terminated");
