import { appendFileSync } from "node:fs";
import { StreamingContext } from "dstream";

// A job whose function runs for ever and writes its process's number into a file again and again.

const [, , file = ""] = process.argv;
const ssc = new StreamingContext({ appName: "heartbeats", batchInterval: 500, gracefulStopTimeout: 500 });
ssc
  .queueStream([["a"]], { numPartitions: 1 })
  .map(() => {
    for (;;) {
      appendFileSync(file, `${process.pid}\n`);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    }
  })
  .print();

await ssc.start();
await ssc.awaitTermination();
