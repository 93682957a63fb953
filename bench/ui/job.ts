// A job for run.ts, in a process of its own: job.ts BATCHES INTERVAL_MS UI. It says where its page is, and on "go" runs its batches, one after
// the other where the interval is 0, and says what CPU time they took.
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { StreamingContext } from "dstream";
import { ManualClock } from "dstream/testing";

const [numBatches, intervalMs] = process.argv.slice(2, 4).map(Number) as [number, number];
const hasUI = process.argv[4] === "ui";
const warmUp = Math.ceil(numBatches / 3);

const lines = Array.from({ length: 4 }, (_, i) => `to be or not to be ${i} that is the question`);
const clock = new ManualClock();
const ssc = new StreamingContext({
  ...{ appName: "ui-cost", master: "local" },
  ...(intervalMs === 0 ? { batchInterval: 1_000, clock } : { batchInterval: intervalMs }),
  ...(hasUI && { ui: { port: 0 } }),
});
ssc
  .queueStream(
    Array.from({ length: warmUp + numBatches }, () => lines),
    { numPartitions: 2 },
  )
  .flatMap((line) => line.split(" "))
  .map((word) => [word, 1] as const)
  .reduceByKey((a, b) => a + b, 2)
  .foreachRDD(() => {});
await ssc.start();
process.send?.({ uiUrl: ssc.uiUrl });
await once(process, "message");
await batches(warmUp);
const [before, begun] = [process.cpuUsage(), performance.now()];
await batches(numBatches);
const { user, system } = process.cpuUsage(before);
process.send?.({ cpuMs: (user + system) / 1_000, wallMs: performance.now() - begun });
await ssc.stop();
process.disconnect();

async function batches(count: number): Promise<void> {
  if (intervalMs > 0) await delay(count * intervalMs);
  else for (let i = 0; i < count; i++) await clock.advance(1_000);
}
