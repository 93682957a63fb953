import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { KafkaProducer, KafkaUtils, StreamingContext } from "dstream";
import { EmbeddedBroker } from "dstream/broker";
import { ManualClock } from "dstream/testing";
import { generated } from "../../../scripts/dashboard.ts";
import { metrics } from "../../../src/ui/metrics/metric-table.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const openMetrics = { accept: "application/openmetrics-text" };

interface Running {
  readonly ssc: StreamingContext;
  readonly clock: ManualClock;
  /** Lines of /metrics. */
  scrape(headers?: Record<string, string>): Promise<string[]>;
  json(path: string): Promise<Record<string, unknown>>;
}

/** Copies a topic of two partitions exactly-once, five records of a partition in each batch. */
async function copies(t: TestContext, numRecords: number): Promise<Running> {
  const broker = await EmbeddedBroker.start();
  let ssc: StreamingContext | undefined;
  t.after(async () => {
    await ssc?.stop();
    await broker.stop();
  });
  const brokers = [broker.bootstrapServers];
  await broker.createTopic("in", { partitions: 2 });
  await broker.createTopic("out", { partitions: 1 });
  const producer = new KafkaProducer({ brokers });
  for (let i = 0; i < numRecords; i++) await producer.append({ topic: "in", partition: 0, value: `v${i}` });
  await producer.close();
  const clock = new ManualClock();
  ssc = new StreamingContext({
    ...{ appName: "copies", batchInterval: 1_000, master: "local", clock, ui: { port: 0 } },
    checkpointDir: temporaryDirectory(t),
  });
  const lines = KafkaUtils.createDirectStream(ssc, {
    ...{ brokers, topics: ["in"], startingOffsets: "earliest", maxRatePerPartition: 5 },
  });
  lines.saveToKafka({ topic: "out", delivery: "exactly-once", toRecord: ({ value }) => ({ value }) });
  const seen = ssc.accumulator(0, { name: "seen" });
  lines
    .map(({ value }): [string, number] => {
      seen.add(1);
      return [String(value).slice(0, 1), 1];
    })
    .updateStateByKey<number>((values, total = 0) => total + values.length)
    .foreachRDD(() => {});
  await ssc.start();
  const { uiUrl } = ssc;
  const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(new URL(path, uiUrl), { headers: { connection: "close", ...headers } });
  return {
    ...{ ssc, clock },
    scrape: async (headers) => (await (await get("/metrics", headers)).text()).split("\n"),
    json: async (path) => (await (await get(path)).json()) as Record<string, unknown>,
  };
}

/** Names that samples of an endpoint can have. */
function sampleNames(lines: readonly string[]): Set<string> {
  const suffixes: Readonly<Record<string, readonly string[]>> = {
    counter: ["_total"],
    gauge: [""],
    histogram: ["_bucket", "_sum", "_count"],
  };
  return new Set(
    lines.flatMap((line) => {
      const [, name = "", type = ""] = /^# TYPE (\S+) (\w+)$/.exec(line) ?? [];
      return (suffixes[type] ?? []).map((suffix) => name + suffix);
    }),
  );
}

const namesIn = (text: string): string[] => text.match(/\b(?:dstream|nodejs)_\w+/g) ?? [];

for (const [path, text] of Object.entries(generated)) {
  test(`${path} is what the table of metrics makes of it; after a change: npm run dashboard`, () => {
    assert.equal(readFileSync(path, "utf8"), text());
  });
}

test("each query of the dashboard, and each metric and alert of the guide, names what a job has at /metrics", async (t) => {
  const { scrape } = await copies(t, 0);
  const names = sampleNames(await scrape(openMetrics));
  const dashboard = JSON.parse(readFileSync("docs/grafana/dstream.json", "utf8")) as {
    readonly panels: readonly { readonly targets?: readonly { readonly expr: string }[] }[];
  };
  const queries = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  assert.ok(queries.length >= 30);
  for (const query of queries) {
    assert.notDeepEqual(namesIn(query), [], query);
    for (const name of namesIn(query)) assert.ok(names.has(name), `${name} in ${query}`);
  }
  const shown = new Set(queries.flatMap(namesIn).map((name) => name.replace(/_(total|bucket|sum|count)$/, "")));
  assert.deepEqual(
    Object.values(metrics).flatMap(({ name }) => (shown.has(name) ? [] : name)),
    [],
    "metrics without a panel",
  );
  const guide = readFileSync("docs/guide/seeing-a-job.md", "utf8");
  const alerts = [...guide.matchAll(/expr: (["'])(.*?)\1/g)].map(([, , expr = ""]) => expr);
  assert.ok(alerts.length >= 4);
  for (const name of alerts.flatMap(namesIn)) assert.ok(names.has(name), `${name} in an alert`);
  const families = new Set(Object.values(metrics).flatMap(({ name }) => [name, `${name}_total`]));
  for (const name of namesIn(guide)) assert.ok(names.has(name) || families.has(name), `${name} in the guide`);
});

test("a job that reads Kafka and writes to it exactly-once shows lag, offsets, output and transactions", async (t) => {
  const { ssc, clock, scrape, json } = await copies(t, 12);
  await clock.advance(2_000);
  const lines = await scrape(openMetrics);
  const kafka = lines.filter((line) => /^dstream_(kafka_(lag|offset|produced)|transactions|lag|records)/.test(line));
  assert.deepEqual(kafka, [
    'dstream_records_total{source="kafka"} 10',
    "dstream_lag 2",
    'dstream_kafka_lag{source="kafka",topic="in",partition="0",group="copies"} 2',
    'dstream_kafka_lag{source="kafka",topic="in",partition="1",group="copies"} 0',
    'dstream_kafka_offset{source="kafka",topic="in",partition="0"} 10',
    'dstream_kafka_offset{source="kafka",topic="in",partition="1"} 0',
    'dstream_kafka_produced_records_total{topic="out"} 10',
    'dstream_transactions_total{result="committed"} 2',
    'dstream_transactions_total{result="aborted"} 0',
    'dstream_transactions_total{result="unknown"} 0',
  ]);
  assert.deepEqual(
    lines.filter((line) => /^dstream_(kafka_fetch_seconds_count|accumulator|batches_c)/.test(line)),
    ["dstream_batches_completed_total 2", "dstream_kafka_fetch_seconds_count 2", 'dstream_accumulator{name="seen"} 10'],
  );
  const { recordsProcessed, lag, state } = ssc.progress;
  assert.deepEqual([recordsProcessed, lag, state[0]?.entries], [10, 2, 1]);
  const size = (name: string): number => Number(lines.find((line) => line.startsWith(name))?.split(" ")[1]);
  assert.equal(size("dstream_state_bytes"), state[0]?.bytes);
  assert.ok(size("dstream_checkpoint_bytes") > (state[0]?.bytes ?? 0));
  assert.deepEqual((await json("/api/v1/offsets")).offsets, [
    { source: "kafka", topic: "in", offset: 10, partition: 0, lag: 2 },
    { source: "kafka", topic: "in", offset: 0, partition: 1, lag: 0 },
  ]);
});

test("whoever accepts only text/plain gets Prometheus' older text, others OpenMetrics", async (t) => {
  const { scrape } = await copies(t, 0);
  const [old, open, any] = [
    await scrape({ accept: "text/plain;version=0.0.4" }),
    await scrape({ accept: "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5" }),
    await scrape(),
  ];
  assert.deepEqual(
    [old[0], open[0], any[0]],
    [
      "# TYPE dstream_batches_completed_total counter",
      "# TYPE dstream_batches_completed counter",
      "# TYPE dstream_batches_completed counter",
    ],
  );
  assert.deepEqual([old.includes("# EOF"), open.at(-2), any.at(-2)], [false, "# EOF", "# EOF"]);
});
