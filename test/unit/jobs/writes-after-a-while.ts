import { RetryableError } from "dstream";
import { testJob } from "dstream/testing";

// Jobs whose store is away in the first attempts of each batch, as many as each row says.

function isAway(rows: Iterable<number>, attempt: number): boolean {
  return [...rows].some((attempts) => attempt < attempts);
}

function away(): RetryableError {
  return new RetryableError("the store is away", { cause: new Error("connect ECONNREFUSED") });
}

/** The attempt in which a batch's rows were written. */
export const inTasks = testJob<[number], number>(import.meta.url, "in tasks", (_ssc, rows) =>
  rows.mapPartitions((given, { attempt }) => {
    const all = [...given];
    if (isAway(all, attempt)) throw away();
    return all.map(() => attempt);
  }),
);

export const inOutputs = testJob<[number], number>(import.meta.url, "in outputs", (_ssc, rows) => {
  rows.foreachPartition(async (given, { attempt }) => {
    if (isAway(given, attempt)) throw away();
  });
  return rows;
});
