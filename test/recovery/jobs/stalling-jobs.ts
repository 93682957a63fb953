import { fileURLToPath } from "node:url";
import { StreamingContext, type StreamingContextOptions } from "dstream";

/** Jobs whose only batch takes long in one function, on worker threads. */
export type StallingJob = "neverReturns" | "slowRows";

const pause = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

const functions: Readonly<Record<StallingJob, (row: number) => number>> = {
  neverReturns: (row) => {
    while (row === 3) pause(1_000);
    return row;
  },
  // 1,400 rows of a partition take 14 s.
  slowRows: (row) => {
    pause(10);
    return row;
  },
};

export function stallingJob(name: StallingJob, options: Partial<StreamingContextOptions> = {}): StreamingContext {
  const jobFile = new URL(import.meta.url);
  const ssc = new StreamingContext({ appName: name, batchInterval: 100, master: "local[2]", jobFile, ...options });
  const rows = name === "slowRows" ? Array.from({ length: 2_800 }, (_, i) => i) : [0, 1, 2, 3];
  ssc
    .queueStream([rows], { numPartitions: 2 })
    .map(functions[name])
    .foreachRDD(async (rdd) => void (await rdd.count()));
  return ssc;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await stallingJob(process.argv[2] as StallingJob).start();
