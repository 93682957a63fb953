// A job that counts the events of a FlumeReceiver, as a process of its own: count-job.ts PORT INTERVAL_MS BATCH_MS EVENTS. Prints
// "listening", and when all events are committed what it took since the first batch with events. A batch with events waits BATCH_MS besides.
import { setTimeout as delay } from "node:timers/promises";
import { StreamingContext } from "dstream";
import { FlumeReceiver } from "dstream/flume-receiver";

const [port = 0, batchInterval = 0, batchMs = 0, events = 0] = process.argv.slice(2).map(Number);
const ssc = new StreamingContext({ appName: "bench", batchInterval });
const receiver = new FlumeReceiver({ port });
let [bytes, first] = [0, 0];
ssc
  .receiverStream(receiver)
  .map(({ body }) => body.length)
  .foreachRDD(async (rdd) => {
    const lengths = await rdd.collect();
    for (const length of lengths) bytes += length;
    if (lengths.length > 0 && batchMs > 0) await delay(batchMs);
  });
let [count, batches, startedAt, cpu] = [0, 0, 0, process.cpuUsage()];
ssc.addStreamingListener({
  onBatchCompleted: ({ batchInfo: { numRecords } }) => {
    if (numRecords === 0) return;
    const now = performance.now();
    if (count === 0) [startedAt, cpu] = [now, process.cpuUsage()];
    // The first batch is where the time begins, so its events do not count.
    else batches++;
    count += numRecords;
    if (batches === 0) first = numRecords;
    if (count < events) return;
    const { user, system } = process.cpuUsage(cpu);
    const seconds = (now - startedAt) / 1_000;
    const perSecond = Math.round((count - first) / seconds);
    const maxRssMb = Math.round(process.resourceUsage().maxRSS / 1_024);
    console.log(
      JSON.stringify({
        count,
        bytes,
        perSecond,
        batches,
        seconds: rounded(seconds),
        cpuSeconds: rounded((user + system) / 1e6),
        maxRssMb,
      }),
    );
    void ssc.stop();
  },
});
await ssc.start();
while (receiver.address === undefined) await new Promise(setImmediate);
console.log("listening");
await ssc.awaitTermination();

function rounded(seconds: number): number {
  return Number(seconds.toFixed(2));
}
