import { testJob } from "dstream/testing";

// Jobs whose functions end the worker thread that runs them. `attempt` says whether a batch is run again.

const url = import.meta.url;

export const exitsOnce = testJob<[string], readonly [string, number]>(url, "exits once in each batch", (_ssc, input) =>
  input
    .mapPartitions((rows, { attempt, partition }) => {
      if (attempt === 0 && partition === 1) process.exit(3);
      return rows;
    })
    .map((letter) => [letter, 1] as const)
    .reduceByKey((a, b) => a + b),
);
/** The warning ReplacedWorkers has how many workers were replaced for a batch. */
export const exitsAndTells = testJob<[string], string>(url, "exits once in each batch, and tells", (ssc, input) => {
  ssc.addStreamingListener({
    onBatchCompleted: ({ batchInfo: { facts } }) => {
      process.emitWarning(String(facts?.workersReplaced), { type: "ReplacedWorkers" });
    },
  });
  return input.mapPartitions((rows, { attempt, partition }) => {
    if (attempt === 0 && partition === 1) process.exit(3);
    return rows;
  });
});
export const exitsBehindShuffle = testJob<[string], readonly [string, number]>(
  url,
  "exits behind the shuffle",
  (_ssc, input) =>
    input
      .map((letter) => [letter, 1] as const)
      .reduceByKey((a, b) => a + b)
      .mapPartitions((rows, { attempt, partition }) => {
        if (attempt < 2 && partition === 0) process.exit(3);
        return rows;
      }),
);
export const exitsAlways = testJob<[string], string>(url, "exits always", (_ssc, input) =>
  input.map((): string => process.exit(3)),
);
export const strayThrow = testJob<[string], string>(url, "throws where nobody catches", (_ssc, input) => {
  input.foreachPartition(async (_rows, { attempt, partition }) => {
    if (attempt > 0 || partition > 0) return;
    await new Promise(() => {
      setImmediate(() => {
        throw new RangeError("stray");
      });
    });
  });
  return input;
});
export const countsAndExitsOnce = testJob<[string], readonly [string, number]>(
  url,
  "exits once behind its state",
  (_ssc, input) =>
    input
      .map((letter) => [letter, 1] as const)
      .updateStateByKey((ones, total = 0) => total + ones.length)
      .mapPartitions((rows, { attempt, partition }) => {
        if (attempt === 0 && partition === 1) process.exit(3);
        return rows;
      }),
);
export const exitsWithPanes = testJob<[string], string>(url, "exits with the panes of a window", (_ssc, input) =>
  input.window(2_000).mapPartitions((rows, { batchTime }) => {
    if (batchTime === 2_000) process.exit(3);
    return rows;
  }),
);
