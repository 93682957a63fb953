import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type BatchInfo, type BatchStall, KafkaUtils, StreamingContext } from "dstream";
import { EmbeddedBroker } from "dstream/broker";
import { RecordedLog } from "../support/recorded-log.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { stallingJob } from "./jobs/stalling-jobs.ts";

// A job that stands still says so after 10 s, by the machine's clock; how it says it later is tested in src/driver/batch/stall-watch.test.ts.

const longestMs = 40_000;

interface Observed {
  readonly stalls: BatchStall[];
  readonly completed: BatchInfo[];
}

/** In the order in which it was said. */
const saidOfStalls = ({ messages }: RecordedLog): string[] =>
  messages.filter(({ code }) => code.startsWith("STALL")).map(({ message }) => message);

function observe(t: TestContext, ssc: StreamingContext): Observed {
  const observed: Observed = { stalls: [], completed: [] };
  t.after(() => ssc.stop({ stopGracefully: false }));
  ssc.addStreamingListener({
    onBatchStalled: ({ stall }) => void observed.stalls.push(stall),
    onBatchCompleted: ({ batchInfo }) => void observed.completed.push(batchInfo),
  });
  return observed;
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + longestMs;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error("it did not come");
    await delay(50);
  }
}

test("a function that never returns on a worker thread is said, with the stage and the partition", async (t) => {
  const said = new RecordedLog();
  const ssc = stallingJob("neverReturns", { gracefulStopTimeout: 100, logger: said });
  ssc.runAsTest({ arguments: ["neverReturns"], modules: [] });
  const { stalls, completed } = observe(t, ssc);
  const ended = ssc.awaitTermination().catch(() => {});
  await ssc.start();
  await until(() => stalls.length > 0);
  const [stall] = stalls;
  assert.match(
    saidOfStalls(said)[0] ?? "",
    /^batch \d+ has made no progress for 1\d s, since 20\d\d-\S+Z: stage 1 of 1 \(\S.*\): 1 of 2 tasks are done, that of partition 1 runs$/,
  );
  assert.deepEqual(ssc.progress.stall, stall);
  await ssc.stop();
  await ended;
  const { batchTime, stalls: ofBatch } = completed.find((info) => info.batchTime === stall?.batchTime) as BatchInfo;
  assert.deepEqual([batchTime, ofBatch?.map(({ since }) => since)], [stall?.batchTime, [stall?.since]]);
  assert.equal(typeof ofBatch?.[0]?.until, "number");
});

test("a function that takes its time for each row makes progress, and nothing is said", async (t) => {
  const said = new RecordedLog();
  const ssc = stallingJob("slowRows", { logger: said });
  ssc.runAsTest({ arguments: ["slowRows"], modules: [] });
  const { completed } = observe(t, ssc);
  await ssc.start();
  await until(() => completed.length > 0);
  await ssc.stop();
  assert.ok((completed[0]?.processingDelay ?? 0) > 13_000);
  assert.deepEqual(saidOfStalls(said), []);
});

test("an output that waits is said with its place in the program, and that it goes on", async (t) => {
  const said = new RecordedLog();
  const ssc = new StreamingContext({ appName: "waits", batchInterval: 100, master: "local", logger: said });
  const held = Promise.withResolvers<void>();
  ssc.queueStream([["a"]]).foreachRDD(() => held.promise);
  const { stalls, completed } = observe(t, ssc);
  await ssc.start();
  await until(() => stalls.length > 0);
  held.resolve();
  await until(() => completed.length > 0);
  assert.equal(ssc.progress.stall, undefined);
  await ssc.stop();
  assert.match(saidOfStalls(said)[0] ?? "", /: the output foreachRDD \(\S*stalls\.test\.ts:\d+:\d+\)$/);
  assert.match(saidOfStalls(said)[1] ?? "", /^batch \d+ goes on after 1\d s without progress$/);
  assert.equal(completed[0]?.stalls?.length, 1);
});

test("brokers that are away are said, with the batch whose plan waits for them, and the job goes on when they are back", async (t) => {
  const said = new RecordedLog();
  let broker: EmbeddedBroker | undefined;
  // Before its folder goes.
  t.after(() => broker?.stop());
  const dir = temporaryDirectory(t);
  broker = await EmbeddedBroker.start({ dir });
  await broker.createTopic("words");
  const { bootstrapServers } = broker;
  const ssc = new StreamingContext({ appName: "away", batchInterval: 200, master: "local", logger: said });
  KafkaUtils.createDirectStream(ssc, { brokers: [bootstrapServers], topics: ["words"] }).foreachRDD(() => {});
  const { stalls, completed } = observe(t, ssc);
  await ssc.start();
  await until(() => completed.length > 0);
  await broker.stop();
  await until(() => stalls.length > 0);
  const before = completed.length;
  broker = await EmbeddedBroker.start({ dir, port: Number(bootstrapServers.split(":")[1]) });
  await until(() => completed.length > before);
  await ssc.stop();
  assert.match(
    saidOfStalls(said)[0] ?? "",
    /^batch \d+ has made no progress .*: its plan, for which it has to be known what there is to read for \S+; \[BROKER_UNREACHABLE\] /,
  );
  assert.ok(completed.some((info) => info.batchTime === stalls[0]?.batchTime && info.stalls?.length === 1));
});
