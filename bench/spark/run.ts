// npm run bench:spark: a word count on one Spark Connect server, in turns: ours, PySpark with mapInArrow, Spark SQL; then empty
// batches. Lines of ten words out of 50,000 (Zipf), as many as --records says (default 3,000,000), over real Kafka with 4
// partitions, in --batches ranges (default 3), --rounds times (default 2). The first round warms up and does not count.
// Needs what the Spark tests need, and Python packages that it installs into the cache folder. Results: bench/results/spark.json.
import { existsSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { KafkaProducer } from "dstream";
import { KafkaClient } from "../../src/kafka/client/kafka-client.ts";
import { cacheFolder } from "../../src/runtime/cache-folder.ts";
import { makeOnce } from "../../src/runtime/make-once.ts";
import { fromSources } from "../../test/support/from-sources.ts";
import { outputOf } from "../../test/support/processes.ts";
import { startRealKafka } from "../../test/support/real-kafka.ts";
import { sparkInstallation } from "../../test/support/spark/spark-installation.ts";
import { startSpark } from "../../test/support/spark/start-spark.ts";
import { randomLines } from "./random-lines.ts";

const { values } = parseArgs({
  options: {
    records: { type: "string", default: "3000000" },
    batches: { type: "string", default: "3" },
    rounds: { type: "string", default: "3" },
  },
});
const [records, batches, rounds] = [values.records, values.batches, values.rounds].map(Number) as [
  number,
  number,
  number,
];
const perPartition = records / 4 / batches;
const topic = "lines";
const pythonPackages = [
  "pandas==2.2.3",
  "pyarrow==18.1.0",
  "grpcio==1.85.3",
  "grpcio-status==1.85.3",
  "googleapis-common-protos==1.76.0",
  "protobuf==6.33.5",
  "zstandard==0.23.0",
];

interface Run {
  readonly durations: number[];
  readonly totals: number[];
}

async function python(): Promise<string> {
  const venv = join(cacheFolder(), "spark-bench-venv");
  await makeOnce(venv, async (aside) => {
    await outputOf("python3", ["-m", "venv", aside]);
    await outputOf(join(aside, "bin/python"), ["-m", "pip", "install", "--quiet", ...pythonPackages], {
      timeoutMs: 600_000,
    });
  });
  const path = join(venv, "bin/python");
  if (!existsSync(path)) throw new Error(`${path} is missing`);
  return path;
}

async function produceLines(brokers: string): Promise<void> {
  const client = new KafkaClient({ brokers: [brokers] });
  await client.createTopic(topic, 4);
  await client.createTopic("nothing", 4);
  await client.close();
  const producer = new KafkaProducer({ brokers: [brokers], lingerMs: 20, batchBytesMax: 256 * 1024 });
  let sent = 0;
  for (const value of randomLines(records)) await producer.append({ topic, partition: sent++ % 4, value });
  await producer.close();
}

const kafka = await startRealKafka({ forMeasuring: true });
const spark = await startSpark({ mode: "local", conf: { "spark.driver.memory": "2g" } });
try {
  await produceLines(kafka.brokers);
  const { home } = await sparkInstallation();
  const interpreter = await python();
  const env = { BENCH_MASTER: spark.url, PYTHONPATH: dirname(home) };
  const ours = async (file: string, ...args: string[]): Promise<Run> =>
    JSON.parse(
      await outputOf(process.execPath, [fromSources, `bench/spark/${file}`, kafka.brokers, ...args], {
        timeoutMs: 600_000,
        env,
      }),
    ) as Run;
  const pyspark = async (kind: string): Promise<Run> => {
    const args = [spark.url, kafka.brokers, topic, String(batches), String(perPartition), interpreter, kind];
    return JSON.parse(
      (await outputOf(interpreter, ["bench/spark/word_count.py", ...args], { timeoutMs: 600_000, env }))
        .trim()
        .split("\n")
        .at(-1) as string,
    ) as Run;
  };
  const durations: Record<string, number[]> = { ours: [], mapInArrow: [], sql: [] };
  for (let round = 0; round < rounds; round++) {
    const runs = {
      ours: await ours("word-count.ts", topic, String(batches), String(perPartition)),
      mapInArrow: await pyspark("mapInArrow"),
      sql: await pyspark("sql"),
    };
    for (const [name, { durations: each, totals }] of Object.entries(runs)) {
      const words = totals.reduce((a, b) => a + b, 0);
      if (words !== records * 10) throw new Error(`${name} counted ${words} words of ${records * 10}`);
      console.error(`round ${round} ${name}: ${each.join(", ")} ms`);
      if (round > 0) durations[name]?.push(each.reduce((a, b) => a + b, 0));
    }
  }
  const empty = (await ours("empty-batches.ts", "nothing", "40")).durations.slice(10).sort((a, b) => a - b);
  const median = (all: readonly number[]): number =>
    all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] as number;
  const medians = Object.fromEntries(Object.entries(durations).map(([name, all]) => [name, median(all)]));
  const result = {
    command: `npm run bench:spark -- --records ${records} --batches ${batches} --rounds ${rounds}`,
    cpu: `${cpus().length} × ${cpus()[0]?.model}`,
    versions: { node: process.version, spark: "4.2.0", kafka: "4.4.0" },
    durationsMs: durations,
    medianMs: medians,
    oursAgainst: {
      mapInArrow: Number(((medians.mapInArrow as number) / (medians.ours as number)).toFixed(2)),
      sql: Number(((medians.sql as number) / (medians.ours as number)).toFixed(2)),
    },
    emptyBatchMs: { p50: median(empty), max: empty.at(-1) },
  };
  writeFileSync("bench/results/spark.json", `${JSON.stringify(result, undefined, 2)}\n`);
  console.log(result);
} finally {
  await spark.stop();
  await kafka.stop();
}
