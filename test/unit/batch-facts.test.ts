import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type BatchInfo, KafkaProducer } from "dstream";
import { EmbeddedBroker } from "dstream/broker";
import { ManualClock } from "dstream/testing";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { countsWords } from "./jobs/counts-words.ts";

const masters = ["local", "local[2]"];
const jobFile = new URL("./jobs/counts-words.ts", import.meta.url);

async function batchesOn(master: string, t: TestContext): Promise<{ infos: BatchInfo[]; totals: string[][] }> {
  const broker = await EmbeddedBroker.start();
  const brokers = broker.bootstrapServers;
  process.env.DSTREAM_BROKERS = brokers;
  await broker.createTopic("lines", { partitions: 2 });
  const producer = new KafkaProducer({ brokers: [brokers] });
  const send = async (partition: number, value: string): Promise<void> =>
    void (await producer.send({ topic: "lines", partition, value }));
  const clock = new ManualClock();
  const { ssc, totals } = countsWords(brokers, { master, clock, jobFile, checkpointDir: temporaryDirectory(t) });
  const infos: BatchInfo[] = [];
  ssc.addStreamingListener({ onBatchCompleted: ({ batchInfo }) => infos.push(batchInfo) });
  t.after(async () => {
    await ssc.stop();
    await producer.close();
    await broker.stop();
  });
  await send(0, "to be or not");
  await send(0, "to sleep");
  await send(1, "perchance to dream");
  await ssc.start();
  await clock.advance(1_000);
  await send(1, "to be");
  await clock.advance(2_000);
  return { infos, totals };
}

/** Facts without anything that has to do with time. */
function timeless({ facts }: BatchInfo): unknown {
  assert.ok(facts !== undefined);
  const { phases, stages, state, sources, checkpointBytes = 0, workersReplaced, ...counts } = facts;
  assert.ok(checkpointBytes > state.reduce((sum, { bytes }) => sum + bytes, 0));
  assert.ok(sources.every(({ fetchMs = -1 }) => fetchMs >= 0));
  const tasks = stages.map(({ timing, ...stage }) => ({ ...stage, timed: timing?.tasks?.map(({ index }) => index) }));
  return {
    phases: Object.keys(phases),
    stages: tasks,
    state: state.map(({ bytes, ...entries }) => entries),
    sources: sources.map(({ fetchMs, ...read }) => read),
    ...counts,
  };
}

const pairs = "lines/flatMap/map";
const window = `${pairs}/reduceByKeyAndWindow`;
const firstBatch = {
  phases: ["plan", "log", "read", "compute", "prepare", "commit"],
  retries: 0,
  sources: [
    {
      source: "lines",
      records: 3,
      // Of each record its value; between the two of a record batch there are 11 bytes.
      bytes: 12 + 8 + 18 + 3,
      offsetsSkipped: 0,
      partitions: [
        { partition: 0, records: 2, bytes: 22 },
        { partition: 1, records: 1, bytes: 19 },
      ],
    },
  ],
  stages: [
    {
      stage: 0,
      operators: ["lines", "lines/flatMap", pairs, "parallelize", "lines/flatMap/filter", "lengths"],
      numTasks: 3,
      timed: [0, 1, 2],
    },
    {
      stage: 1,
      operators: ["counts", "totals", window, "windowed/panes", "windowed", "transform > join", "transform > join#1"],
      numTasks: 2,
      timed: [0, 1],
    },
  ],
  rows: {
    ...{ lines: 3, lengths: 3, parallelize: 1 },
    ...{ counts: 7, totals: 7, [window]: 7, "windowed/panes": 7, windowed: 7, "transform > join": 7 },
  },
  outputs: [
    { id: 0, rows: 7 },
    { id: 1, rows: 7 },
    { id: 2, rows: 3 },
    { id: 3, rows: 3 },
  ],
  edges: [
    { from: pairs, to: "counts", rows: 8, blocks: 3, bytes: 115 },
    { from: pairs, to: window, rows: 8, blocks: 3, bytes: 115 },
    { from: pairs, to: "transform > join", rows: 9, blocks: 3, bytes: 125 },
    { from: "parallelize", to: "transform > join", rows: 1, blocks: 1, bytes: 28 },
  ],
  state: [
    { operator: "totals", entries: 7 },
    { operator: "windowed/panes", entries: 7 },
  ],
};

for (const master of masters) {
  test(`on ${master} a batch says what it read, moved and keeps`, async (t) => {
    const { infos, totals } = await batchesOn(master, t);
    assert.deepEqual(totals[0], ["be 1", "dream 1", "not 1", "or 1", "perchance 1", "sleep 1", "to 3"]);
    assert.deepEqual(timeless(infos[0] as BatchInfo), firstBatch);
    assert.equal(infos[0]?.facts?.workersReplaced, master === "local" ? undefined : 0);
    const later = infos
      .slice(1)
      .map(({ facts }) => [facts?.sources[0]?.records, facts?.rows.totals, facts?.rows.windowed]);
    assert.deepEqual(later, [
      [1, 7, 7],
      [0, 7, 2],
    ]);
  });
}
