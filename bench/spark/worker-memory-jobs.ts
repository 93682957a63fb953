import { SteppedJobs } from "../../test/support/spark/stepped-jobs.ts";

/** Of every job; a key has 12 characters, its state is a number. */
export const numPartitions = 8;
export const numBatches = 25;

/** The first batch makes this many keys, the others touch one in a thousand. */
function totals(numKeys: number): ConstructorParameters<typeof SteppedJobs>[1][string] {
  const perPartition = numKeys / numPartitions;
  return (ssc) =>
    ssc
      .queueStream(
        Array.from({ length: numBatches }, () => Array.from({ length: numPartitions }, (_, p) => p)),
        {
          numPartitions,
        },
      )
      .mapPartitions(function* (rows, { batchTime }) {
        const step = batchTime === 1_000 ? 1 : 1_000;
        for (const p of rows) {
          for (let i = 0; i < perPartition; i += step) yield [`key-${p * perPartition + i}`.padEnd(12), 1] as const;
        }
      })
      .updateStateByKey<number>((ones, total = 0) => total + ones.length)
      .mapPartitions((rows) => {
        let count = 0;
        for (const _ of rows) count++;
        return [count];
      });
}

export const workerMemoryJobs = new SteppedJobs(import.meta.url, {
  "0": totals(0),
  "100000": totals(100_000),
  "1000000": totals(1_000_000),
});

await workerMemoryJobs.serve();
