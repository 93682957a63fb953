import { join } from "node:path";
import { testJob } from "dstream/testing";

/** Set by the test, on the driver. Executors are told the files' paths; where they write is a sibling folder of the driver's own choice. */
export const folder = { path: "/tmp" };

/** Counts the words of files, and writes the counts to files. */
export const fileJob = testJob<[], readonly [string, number]>(import.meta.url, "files", (ssc) => {
  const counts = ssc
    .textFileStream(join(folder.path, "in"))
    .flatMap((line) => line.split(" "))
    .map((word) => [word, 1] as const)
    .reduceByKey((a, b) => a + b, 2);
  counts.saveAsTextFiles(join(folder.path, "out"));
  return counts;
});
