// npm run bench:spark -- [--spark V]: a word count on one Spark Connect server, in turns: ours, PySpark with mapInArrow and with a
// plain function, Spark SQL; then batches with nothing in them. Lines of ten words out of 50,000 (Zipf), as many as --records says
// (default 3,000,000), over real Kafka with 4 partitions, in --batches ranges (default 3), --rounds times (default 3). The first
// round warms up and does not count. --set NAME=VALUE sets something of Spark's for our job. Needs what the Spark tests need, and
// Python packages that it installs into the cache folder. Prints the table and keeps the results in bench/results/spark-V.json.

import { existsSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { KafkaProducer } from "dstream";
import { KafkaClient } from "../../src/kafka/client/kafka-client.ts";
import { cacheFolder } from "../../src/runtime/files/cache-folder.ts";
import { makeOnce } from "../../src/runtime/files/make-once.ts";
import { thisMachine } from "../../src/runtime/machine/machine.ts";
import { fromSources } from "../../test/support/from-sources.ts";
import { kafkaLibraries, kafkaVersion } from "../../test/support/kafka-libraries.ts";
import { outputOf } from "../../test/support/processes.ts";
import { startRealKafka } from "../../test/support/real-kafka.ts";
import { goOnIsolated } from "../../test/support/spark/isolated.ts";
import { sparkInstallation } from "../../test/support/spark/spark-installation.ts";
import { defaultSpark, sparkReleaseOf } from "../../test/support/spark/spark-releases.ts";
import { startSpark } from "../../test/support/spark/start-spark.ts";
import { type Usage, usageOf } from "./cluster-usage.ts";
import { randomLines } from "./random-lines.ts";

const { values } = parseArgs({
  options: {
    spark: { type: "string", default: defaultSpark },
    records: { type: "string", default: "3000000" },
    batches: { type: "string", default: "3" },
    rounds: { type: "string", default: "3" },
    set: { type: "string", multiple: true, default: [] },
  },
});
const version = values.spark;
const [records, batches, rounds] = [values.records, values.batches, values.rounds].map(Number) as [
  number,
  number,
  number,
];
const perPartition = records / 4 / batches;
const topic = "lines";
const pythonPackages = [
  "setuptools==80.9.0",
  "pandas==2.2.3",
  "pyarrow==18.1.0",
  "grpcio==1.85.3",
  "grpcio-status==1.85.3",
  "googleapis-common-protos==1.76.0",
  "protobuf==6.33.5",
  "zstandard==0.23.0",
];

const kinds = ["ours", "mapInArrow", "udf", "sql"] as const;
type Kind = (typeof kinds)[number];

interface Run {
  readonly durations: number[];
  readonly totals: number[];
  /** Of ours: from the start of the process to the first batch. */
  readonly startMs?: number;
}

async function python(): Promise<string> {
  const venv = join(cacheFolder(), "spark-bench-venv");
  await makeOnce(thisMachine, venv, async (aside) => {
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
  const client = new KafkaClient({ brokers: [brokers] }, thisMachine);
  await client.createTopic(topic, 4);
  await client.createTopic("nothing", 4);
  await client.close();
  const producer = new KafkaProducer({ brokers: [brokers], lingerMs: 20, batchBytesMax: 256 * 1024 });
  let sent = 0;
  for (const value of randomLines(records)) await producer.append({ topic, partition: sent++ % 4, value });
  await producer.close();
}

function median(all: readonly number[]): number {
  return all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] as number;
}

// What is installed comes over the network, which is not there any more where the release has to be isolated.
const { home } = await sparkInstallation(version);
const interpreter = await python();
await kafkaLibraries();
await goOnIsolated(sparkReleaseOf(version));

const kafka = await startRealKafka({ forMeasuring: true });
const spark = await startSpark({ mode: "local", version, conf: { "spark.driver.memory": "2g" } });
try {
  await produceLines(kafka.brokers);
  const env = { BENCH_MASTER: spark.url, BENCH_SETTINGS: values.set.join(";"), PYTHONPATH: dirname(home) };
  const timeoutMs = 600_000;
  const ours = async (file: string, ...args: string[]): Promise<Run> => {
    const all = [fromSources, `bench/spark/${file}`, kafka.brokers, ...args];
    return JSON.parse(await outputOf(process.execPath, all, { timeoutMs, env })) as Run;
  };
  const pyspark = async (kind: string): Promise<Run> => {
    const args = [spark.url, kafka.brokers, topic, String(batches), String(perPartition), interpreter, kind];
    const output = await outputOf(interpreter, ["bench/spark/word_count.py", ...args], { timeoutMs, env });
    return JSON.parse(output.trim().split("\n").at(-1) as string) as Run;
  };
  const starts: number[] = [];
  const measured = Object.fromEntries(kinds.map((kind) => [kind, [] as (Usage & { readonly ms: number })[]]));
  for (let round = 0; round < rounds; round++) {
    for (const kind of kinds) {
      const work = (): Promise<Run> =>
        kind === "ours" ? ours("word-count.ts", topic, String(batches), String(perPartition)) : pyspark(kind);
      const [{ durations, totals, startMs }, usage] = await usageOf(spark.groups, work);
      const words = totals.reduce((a, b) => a + b, 0);
      if (words !== records * 10) throw new Error(`${kind} counted ${words} words of ${records * 10}`);
      console.error(`round ${round} ${kind}: ${durations.join(", ")} ms, ${JSON.stringify(usage)}`);
      if (startMs !== undefined) starts.push(startMs);
      if (round > 0) measured[kind]?.push({ ms: durations.reduce((a, b) => a + b, 0), ...usage });
    }
  }
  const empty = (await ours("empty-batches.ts", "nothing", "40")).durations.slice(10).sort((a, b) => a - b);
  const of = (kind: Kind, what: keyof Usage | "ms"): number => median((measured[kind] ?? []).map((each) => each[what]));
  const against = (kind: Kind): number => Number((of(kind, "ms") / of("ours", "ms")).toFixed(2));
  const result = {
    command: `npm run bench:spark -- --spark ${version} --records ${records} --batches ${batches} --rounds ${rounds}`,
    cpu: `${cpus().length} × ${cpus()[0]?.model}`,
    versions: { node: process.version, spark: sparkReleaseOf(version).version, kafka: kafkaVersion },
    measured,
    oursAgainst: { mapInArrow: against("mapInArrow"), udf: against("udf"), sql: against("sql") },
    emptyBatchMs: { p50: median(empty), max: empty.at(-1) },
    startMs: { first: starts[0], later: median(starts.slice(1)) },
  };
  writeFileSync(`bench/results/spark-${version}.json`, `${JSON.stringify(result, undefined, 2)}\n`);
  console.log(`Spark ${sparkReleaseOf(version).version}\n`);
  console.log("| | ms | ours against it | largest worker MB | workers MB |");
  console.log("| --- | ---: | ---: | ---: | ---: |");
  for (const kind of kinds) {
    const row = [of(kind, "ms"), against(kind), of(kind, "workerMb"), of(kind, "workersMb")];
    console.log(`| ${kind} | ${row.join(" | ")} |`);
  }
  console.log(`\nempty batch: ${result.emptyBatchMs.p50} ms in the median, ${result.emptyBatchMs.max} at most`);
  console.log(
    `start until the first batch: ${result.startMs.first} ms on a new server, then ${result.startMs.later} ms`,
  );
} finally {
  await spark.stop();
  await kafka.stop();
}
