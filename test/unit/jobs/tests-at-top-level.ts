import { runBatches, testJob } from "dstream/testing";

// Workers import this module, and would wait for the very run that waits for them.
export const doubled = testJob<[number], number>(import.meta.url, "doubled", (_ssc, input) => input.map((n) => 2 * n));
await runBatches(doubled, [[[1]]], { master: "local[1]" });
