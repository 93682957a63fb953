import assert from "node:assert/strict";
import { test } from "node:test";
import { expectBatches, ManualClock, runBatches } from "dstream/testing";
import { runtimeKey } from "../../src/runtime/job-runtime.ts";
import { runLife } from "../../src/testing/lives/run-life.ts";
import { collectWarnings } from "../support/collect-warnings.ts";
import { dstream } from "../support/dstream.ts";
import { RecordedLog } from "../support/recorded-log.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import {
  countsAndExitsOnce,
  exitsAlways,
  exitsAndTells,
  exitsBehindShuffle,
  exitsOnce,
  exitsWithPanes,
  strayThrow,
} from "./jobs/dying-workers.ts";

// A worker thread that dies takes its batch with it, not the job: the batch is run again on a new thread.

const master = "local[2]";
const letters = [["a", "b", "a"], ["b"]];
const counts: [string, number][][] = [
  [
    ["a", 2],
    ["b", 1],
  ],
  [["b", 1]],
];

test("a job without state goes on when a thread exits while it reads a source, and says why a batch is run again", async () => {
  const said = new RecordedLog();
  await expectBatches(exitsOnce, [letters], counts, { master, [runtimeKey]: { log: said.log } });
  const [first] = said.of("BATCH_RETRIED");
  assert.deepEqual(first, {
    ...{ level: "warn", code: "BATCH_RETRIED", batchTime: 1_000, attempt: 1, errorCode: "WORKER_DIED" },
    message:
      "batch 1000 is run again: [WORKER_DIED] a worker thread ended with exit code 3 in stage 0, partition 1 of batch 1000",
  });
});

test("a batch says how many workers were replaced for it", async (t) => {
  const replaced = collectWarnings(t, "ReplacedWorkers");
  await expectBatches(exitsAndTells, [letters], letters, { master });
  assert.deepEqual(replaced, ["1", "1"]);
});

test("a job without state goes on when threads exit behind a shuffle, twice in every batch", () =>
  expectBatches(exitsBehindShuffle, [letters], counts, { master }));

test("an error that no function of the job catches ends its thread, and the job goes on", () =>
  expectBatches(strayThrow, [letters], letters, { master }));

test("a thread that dies in every attempt ends the job once the retries are used up", async () => {
  await assert.rejects(runBatches(exitsAlways, [[["a"]]], { master, numInputPartitions: 1 }), {
    code: "WORKER_DIED",
    message: "[WORKER_DIED] a worker thread ended with exit code 3 in stage 0, partition 0 of batch 1000",
    data: { batchTime: 1_000, stage: 0, partition: 0, attempt: 3 },
  });
});

test("a job with windows in memory only stops when a thread dies, since their panes died with it", async () => {
  const { url, name } = exitsWithPanes;
  const run = runLife({
    spec: {
      jobs: [{ url, name, numInputs: 1, numInputPartitions: 2 }],
      master,
      startTime: 0,
      batchInterval: 1_000,
      hasFails: false,
    },
    jobs: [{ job: exitsWithPanes, queues: [letters] }],
    clock: new ManualClock(),
    until: 2_000,
    fails: [],
    isRestarted: false,
    collect: () => {},
  });
  await assert.rejects(run, {
    code: "WORKER_DIED",
    retryable: false,
    message:
      /^\[WORKER_DIED\] a worker thread ended with exit code 3 in stage 1, partition \d of batch 2000, and with it went the state/,
  });
});

test("with state in files the job goes on: the new thread reads what the dead one had", (t) => {
  const totals: [string, number][][] = [
    [
      ["a", 2],
      ["b", 1],
    ],
    [
      ["a", 2],
      ["b", 2],
    ],
    [
      ["a", 3],
      ["b", 2],
    ],
  ];
  const checkpointDir = temporaryDirectory(t);
  return expectBatches(countsAndExitsOnce, [[...letters, ["a"]]], totals, { master, checkpointDir });
});

test("a thread that reaches its memory limit ends alone, and the job goes on", async () => {
  const { code, stdout } = await dstream(["run", "test/recovery/jobs/exhausts-memory.ts", "--master", "local[1]"], {
    nodeOptions: ["--max-old-space-size=64"],
  });
  assert.deepEqual([code, stdout], [0, "[ 'a' ]\n"]);
});
