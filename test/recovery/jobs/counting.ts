import { writeSync } from "node:fs";
import { KafkaUtils, StreamingContext } from "dstream";
import { type FileSystem, nodeFileSystem } from "../../../src/runtime/files/file-system.ts";
import { type JobRuntime, runtimeKey } from "../../../src/runtime/job-runtime.ts";
import { HeldFileSystem } from "../../support/held-file-system.ts";
import type { CountingSpec, Total } from "../counting-spec.ts";

// Counts records by key, keeps the totals as state and sends all of them to a topic with each batch. It ends by itself when it
// has counted everything, and crashes where it is told to.

const spec = JSON.parse(process.argv[2] ?? "{}") as CountingSpec;
const { crash, expected } = spec;
let passings = 0;
const crashPoint: JobRuntime["crashPoint"] = (point) => {
  if (crash === undefined || point !== crash.point || ++passings !== crash.passing) return;
  if (crash.kind === "throw") throw new Error(`the crash at ${point}`);
  if (crash.kind === "kill") process.kill(process.pid, "SIGKILL");
  else writeSync(1, "hanging\n");
  return new Promise<never>(() => {});
};

const disk = spec.elsewhere ? elsewhere(nodeFileSystem) : nodeFileSystem;
const files = spec.stopAt === undefined ? disk : stoppingAt(spec.stopAt, disk);

const { checkpointDir, master, batchInterval, maxRatePerPartition, lockWait = 0 } = spec;
const ssc = new StreamingContext({
  ...{ appName: "counting", batchInterval, checkpointDir, master, lockWait },
  [runtimeKey]: { files, crashPoint },
});
const brokers = [spec.brokers];
const totals = KafkaUtils.createDirectStream(ssc, {
  brokers,
  topics: ["in"],
  startingOffsets: "earliest",
  maxRatePerPartition,
})
  .map(({ value }) => {
    beBusy();
    return [value, 1] as const;
  })
  .reduceByKey((a, b) => a + b)
  .updateStateByKey((counts, total = 0) => counts.reduce((a, b) => a + b, total), { name: "totals" });
totals
  .mapPartitions((rows, { batchTime: time }) => Array.from(rows, ([key, total]): Total => ({ time, key, total })))
  .saveToKafka({
    brokers,
    topic: "out",
    delivery: "at-least-once",
    toRecord: (total) => ({ value: JSON.stringify(total) }),
  });
totals.foreachRDD(async (rdd) => {
  const counted = (await rdd.collect()).reduce((sum, [, total]) => sum + total, 0);
  if (counted >= expected) await ssc.stop({ stopGracefully: false });
});
let isBusy = spec.busyMs !== undefined;
function beBusy(): void {
  if (!isBusy) return;
  isBusy = false;
  writeSync(1, "busy\n");
  for (const until = performance.now() + (spec.busyMs ?? 0); performance.now() < until; );
  writeSync(1, "no longer busy\n");
}

/** Files whose locks are another machine's. */
function elsewhere(fs: FileSystem): FileSystem {
  const inOther = (bytes: Uint8Array): Uint8Array =>
    Buffer.from(Buffer.from(bytes).toString().replace('"space":"', '"space":"another '));
  return {
    ...fs,
    async open(path, mode) {
      const file = await fs.open(path, mode);
      if (!/\/lock\.\w+\.new$/.test(path)) return file;
      return { ...file, write: (bytes, position) => file.write(inOther(bytes), position) };
    },
  };
}

function stoppingAt(at: number, fs: FileSystem): FileSystem {
  return new HeldFileSystem(fs, (step, name, path) => {
    if (step !== at) return;
    writeSync(1, `stopped ${name} ${path}\n`);
    process.kill(process.pid, "SIGSTOP");
  });
}

await ssc.start();
writeSync(1, "began\n");
await ssc.awaitTermination();
