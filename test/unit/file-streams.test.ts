import assert from "node:assert/strict";
import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runBatches, testJob } from "dstream/testing";
import { temporaryDirectory } from "../support/temporary-directory.ts";

// Files are read by the tasks, wherever these run. Only the driver looks into the folder, whose name workers need not know.

let folder = "known-to-the-driver-only";
export const wordCount = testJob<[], readonly [string, number]>(import.meta.url, "files", (ssc) =>
  ssc
    .textFileStream(join(folder, "*"))
    .flatMap((line) => line.split(" "))
    .map((word) => [word, 1] as const)
    .reduceByKey((a, b) => a + b),
);

for (const master of ["local", "local[3]"]) {
  test(`on ${master} each file is one task's`, async (t) => {
    folder = temporaryDirectory(t);
    for (const [name, text, time] of [
      ["one/a", "a b\na", 1],
      ["two/b", "b\n", 1],
      ["one/c", "c\na\n", 2],
      ["one/late", "not yet", 5],
    ] as const) {
      const path = join(folder, name);
      mkdirSync(join(path, ".."), { recursive: true });
      writeFileSync(path, text);
      utimesSync(path, time, time);
    }
    const batches = await runBatches(wordCount, [], { master, numBatches: 3 });
    assert.deepEqual(
      batches.map((rows) => rows.toSorted()),
      [
        [
          ["a", 2],
          ["b", 2],
        ],
        [
          ["a", 1],
          ["c", 1],
        ],
        [],
      ],
    );
  });
}
