import type { DStream, StreamingContext } from "dstream";
import { SteppedJobs } from "../../support/spark/stepped-jobs.ts";

// Jobs that take more memory than they may, in every attempt.

const kept: unknown[] = [];

function inOneTask(ssc: StreamingContext, fill: () => void): DStream<number> {
  return ssc.queueStream([[1], [2]], { numPartitions: 1 }).mapPartitions((rows) => {
    const all = [...rows];
    if (all.length > 0) fill();
    return all;
  });
}

/** 1 GiB that Node's heap knows nothing of, kept until whoever looks for that has seen it. */
function fillBuffers(): void {
  for (let i = 0; i < 16; i++) kept.push(Buffer.alloc(64 * 1024 * 1024, 7));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10_000);
}

function fillHeap(): void {
  for (let i = 0; ; i++) kept.push({ i, text: `number ${i}` });
}

export const memoryJobs = new SteppedJobs(import.meta.url, {
  fillsBuffers: (ssc) => inOneTask(ssc, fillBuffers),
  fillsHeap: (ssc) => inOneTask(ssc, fillHeap),
  aborts: (ssc) => inOneTask(ssc, () => process.abort()),
});

await memoryJobs.serve();
