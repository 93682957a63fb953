// A job for run.ts, in a process of its own: job.ts BATCHES LINES UI. It says where its page is, and on "go" runs its batches one after the
// other and says what CPU time they took.
import { once } from "node:events";
import { StreamingContext } from "dstream";
import { ManualClock } from "dstream/testing";

const [numBatches, numLines] = process.argv.slice(2, 4).map(Number) as [number, number];
const hasUI = process.argv[4] === "ui";
const warmUp = Math.ceil(numBatches / 3);

const lines = Array.from({ length: numLines }, (_, i) => `to be or not to be ${i % 50_000} that is the question`);
const clock = new ManualClock();
const ssc = new StreamingContext({
  ...{ appName: "ui-cost", batchInterval: 1_000, master: "local", clock },
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
for (let i = 0; i < warmUp; i++) await clock.advance(1_000);
const [before, begun] = [process.cpuUsage(), performance.now()];
for (let i = 0; i < numBatches; i++) await clock.advance(1_000);
const { user, system } = process.cpuUsage(before);
process.send?.({ cpuMs: (user + system) / 1_000, wallMs: performance.now() - begun });
await ssc.stop();
process.disconnect();
