import { KafkaUtils, type State, StateSpec, StreamingContext } from "dstream";
import type { BatchReport, KeyRange, ManyKeysSpec } from "./spec.ts";

// Counts how often each key came. A record of the input stands for many keys, so that the input costs little beside the state.

const { brokers, checkpointDir, stateStore } = JSON.parse(process.argv[2] ?? "{}") as ManyKeysSpec;

const ssc = new StreamingContext({
  appName: "many-keys",
  batchInterval: 100,
  master: "local",
  checkpointDir,
  stateStore,
});
let keys = 0;
const input = KafkaUtils.createDirectStream(ssc, {
  brokers: [brokers],
  topics: ["in"],
  startingOffsets: "earliest",
  // One record a batch.
  maxRatePerPartition: 10,
});
const count = StateSpec.function((_key: string, one: number | undefined, state: State<string>) => {
  const total = Number.parseInt(state.getOption() ?? "0", 10) + (one ?? 0);
  state.update(`${total} times seen`.padEnd(40, "."));
  return undefined;
});
input
  .flatMap(({ value }) => keysOf(JSON.parse(value) as KeyRange))
  .mapWithState(count.name("counts"))
  .foreachRDD(() => {});
input.foreachRDD(async (rdd) => {
  const ranges = await rdd.collect();
  keys = ranges.reduce((sum, { value }) => sum + (JSON.parse(value) as KeyRange).count, 0);
});
ssc.addStreamingListener({
  onBatchCompleted({ batchInfo: { batchTime, processingDelay = 0 } }) {
    const maxRssMb = Math.round(process.resourceUsage().maxRSS / 1024);
    const report: BatchReport = { time: batchTime, keys, took: processingDelay, maxRssMb };
    process.send?.(report);
  },
});
await ssc.start();
await ssc.awaitTermination();

function* keysOf({ first, count: length, step, of }: KeyRange): Generator<readonly [string, number]> {
  for (let i = 0; i < length; i++) yield [`user-${String((first + i * step) % of).padStart(11, "0")}`, 1];
}
