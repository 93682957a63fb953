import { isMainThread } from "node:worker_threads";
import { StreamingContext, seconds } from "dstream";

if (isMainThread) {
  const ssc = new StreamingContext({ appName: "never-starts", batchInterval: seconds(1) });
  ssc.queueStream([[1]]).print();
  await ssc.start();
  await ssc.awaitTermination();
}
