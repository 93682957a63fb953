// CPU time of operators by key, without Kafka: shuffles.ts [NAME …]. Each runs on `local`, batches of 20,000 lines of ten words
// out of 50,000, and prints the median over its batches of CPU nanoseconds a word; CPU time, since other programs disturb it least.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DStream, type PairDStream, StreamingContext } from "dstream";
import { ManualClock } from "dstream/testing";

const [lines, words, vocabulary, warmUp, batches] = [20_000, 10, 50_000, 5, 15];
let seed = 7;
const random = (): number => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return seed / 2 ** 32;
};
// Few words are frequent and many are rare, as in texts.
const word = (): string => `word${Math.floor(vocabulary * random() ** 3)}`;
const batch = Array.from({ length: lines }, () => Array.from({ length: words }, word).join(" "));

type Ones = PairDStream<string, number>;
const jobs: Readonly<Record<string, (ones: Ones) => DStream<any>>> = {
  reduceByKey: (ones) => ones.reduceByKey((a, b) => a + b),
  groupByKey: (ones) => ones.groupByKey(),
  joinOfShuffled: (ones) => ones.reduceByKey((a, b) => a + b, 3).join(ones.reduceByKey((a, b) => a + b, 5)),
  joinInPlace: (ones) => {
    const counts = ones.reduceByKey((a, b) => a + b);
    return counts.join(counts.mapValues((n) => -n));
  },
  repartition: (ones) => ones.repartition(3),
  updateStateByKey: (ones) => ones.updateStateByKey<number>((values, total = 0) => total + values.length),
};

async function measure(build: (typeof jobs)[string]): Promise<number> {
  const clock = new ManualClock();
  const checkpointDir = mkdtempSync(join(tmpdir(), "dstream-"));
  const ssc = new StreamingContext({
    appName: "shuffles",
    batchInterval: 1_000,
    clock,
    master: "local",
    checkpointDir,
  });
  const queue = Array.from({ length: warmUp + batches }, () => batch);
  const ones = ssc.queueStream(queue, { numPartitions: 4 }).flatMap((line) => line.split(" "));
  build(ones.map((w) => [w, 1] as const))
    .count()
    .foreachRDD(() => {});
  await ssc.start();
  const costs: number[] = [];
  for (let i = 0; i < warmUp + batches; i++) {
    const before = process.cpuUsage();
    await clock.advance(1_000);
    const { user, system } = process.cpuUsage(before);
    if (i >= warmUp) costs.push(((user + system) * 1_000) / (lines * words));
  }
  await ssc.stop();
  rmSync(checkpointDir, { recursive: true });
  return costs.toSorted((a, b) => a - b)[costs.length >> 1] as number;
}

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(jobs);
for (const name of names) {
  const build = jobs[name];
  if (build === undefined) throw new Error(`no job ${name}; there are ${Object.keys(jobs).join(", ")}`);
  console.log(`${name}: ${(await measure(build)).toFixed(0)} ns of CPU a word`);
}
