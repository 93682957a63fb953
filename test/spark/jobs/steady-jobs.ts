import { SteppedJobs } from "../../support/spark/stepped-jobs.ts";

/** As many keys in every batch, so that the state stays as large as it is after the first. */
export const keys = Array.from({ length: 500 }, (_, i) => `key ${i}`);
export const numBatches = 200;

export const steadyJobs = new SteppedJobs(import.meta.url, {
  totals: (ssc) =>
    ssc
      .queueStream(
        Array.from({ length: numBatches }, () => keys),
        { numPartitions: 2 },
      )
      .map((key) => [key, 1] as const)
      .updateStateByKey<number>((ones, total = 0) => total + ones.length),
});

await steadyJobs.serve();
