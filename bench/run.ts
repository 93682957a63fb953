// npm run bench: our consumer and producer beside Java's performance tools, in turns on one Kafka, and the ratio of the medians.
// Options: --records N (default 5,000,000), --rounds N (default 3). Results go to bench/results/kafka.json.
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { KafkaClient } from "../src/kafka/client/kafka-client.ts";
import { thisMachine } from "../src/runtime/machine/machine.ts";
import { kafkaLibraries, kafkaToolLibraries } from "../test/support/kafka-libraries.ts";
import { outputOf } from "../test/support/processes.ts";
import { startRealKafka } from "../test/support/real-kafka.ts";

const { values } = parseArgs({
  options: { records: { type: "string", default: "5000000" }, rounds: { type: "string", default: "3" } },
});
const records = Number(values.records);

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] as number;

/** What a process prints, and the CPU seconds that it takes from its start to its end, as the shell counts them. */
async function measured(command: string, args: readonly string[]): Promise<{ printed: string; cpuSeconds: number }> {
  const output = await outputOf("sh", ["-c", '"$@" && times', "sh", command, ...args]);
  const lines = output.trimEnd().split("\n");
  const [, times = ""] = lines.splice(-2);
  const seconds = [...times.matchAll(/(\d+)m([\d.]+)s/g)].map(
    ([, minutes, rest]) => Number(minutes) * 60 + Number(rest),
  );
  return { printed: lines.join("\n"), cpuSeconds: Number(seconds.reduce((a, b) => a + b, 0).toFixed(2)) };
}

const ours = (file: string, ...args: readonly string[]): ReturnType<typeof measured> =>
  measured(process.execPath, ["--import=./scripts/from-sources.ts", `bench/${file}`, ...args]);
const java = (name: string, ...args: readonly string[]): ReturnType<typeof measured> =>
  measured("java", ["-Xmx512m", "-cp", tools, `org.apache.kafka.tools.${name}`, ...args]);

const figures = {
  produce: { ours: produceFigures(), java: produceFigures() },
  consume: { ours: consumeFigures(), java: consumeFigures() },
};

function produceFigures(): { perSecond: number[]; cpuSeconds: number[] } {
  return { perSecond: [], cpuSeconds: [] };
}

function consumeFigures(): { perSecond: number[]; perSecondFromStart: number[]; cpuSeconds: number[] } {
  return { perSecond: [], perSecondFromStart: [], cpuSeconds: [] };
}

async function produceOurs(brokers: string, topic: string): Promise<void> {
  const { printed, cpuSeconds } = await ours("produce.ts", brokers, topic, String(records));
  const { perSecond } = JSON.parse(printed) as { perSecond: number };
  figures.produce.ours.perSecond.push(perSecond);
  figures.produce.ours.cpuSeconds.push(cpuSeconds);
}

async function produceJava(brokers: string, topic: string): Promise<void> {
  const { printed, cpuSeconds } = await java(
    "ProducerPerformance",
    ...["--topic", topic, "--num-records", String(records), "--record-size", "100", "--throughput", "-1"],
    ...["--producer-props", `bootstrap.servers=${brokers}`, "acks=all"],
  );
  figures.produce.java.perSecond.push(
    Math.round(Number(/ ([\d.]+) records\/sec(?!.* records\/sec)/s.exec(printed)?.[1])),
  );
  figures.produce.java.cpuSeconds.push(cpuSeconds);
}

async function consumeOurs(brokers: string, topic: string): Promise<void> {
  const { printed, cpuSeconds } = await ours("consume.ts", brokers, topic);
  const result = JSON.parse(printed) as { records: number; perSecond: number; perSecondFromStart: number };
  if (result.records !== records) throw new Error(`${result.records} records read of ${records}`);
  figures.consume.ours.perSecond.push(result.perSecond);
  figures.consume.ours.perSecondFromStart.push(result.perSecondFromStart);
  figures.consume.ours.cpuSeconds.push(cpuSeconds);
}

async function consumeJava(brokers: string, topic: string): Promise<void> {
  const { printed, cpuSeconds } = await java(
    "ConsumerPerformance",
    ...["--bootstrap-server", brokers, "--topic", topic, "--messages", String(records), "--timeout", "60000"],
  );
  // start, end, MB, MB/s, records, records/s, rebalance ms, fetch ms, fetch MB/s, fetch records/s
  const columns = (printed.trim().split("\n").at(-1) ?? "").split(",").map(Number);
  figures.consume.java.perSecond.push(Math.round(columns[9] as number));
  figures.consume.java.perSecondFromStart.push(Math.round(columns[5] as number));
  figures.consume.java.cpuSeconds.push(cpuSeconds);
}

const tools = await kafkaToolLibraries();
await kafkaLibraries();
const kafka = await startRealKafka({ forMeasuring: true });
const { brokers } = kafka;
const client = new KafkaClient({ brokers: [brokers] }, thisMachine);
try {
  for (let round = 0; round < Number(values.rounds); round++) {
    const [own, other] = [`produce-ours-${round}`, `produce-java-${round}`];
    for (const topic of [own, other]) await client.createTopic(topic, 4);
    await produceOurs(brokers, own);
    await produceJava(brokers, other);
    await consumeOurs(brokers, own);
    await consumeJava(brokers, own);
    for (const topic of [own, other]) await client.deleteTopic(topic);
  }
} finally {
  await client.close();
  await kafka.stop();
}

const ratio = (mine: readonly number[], theirs: readonly number[]): number =>
  Number((median(mine) / median(theirs)).toFixed(2));
const { produce, consume } = figures;
const result = {
  command: `npm run bench -- --records ${records} --rounds ${values.rounds}`,
  cpu: `${cpus().length} × ${cpus()[0]?.model}`,
  versions: { node: process.version, kafka: "4.4.0", tools: "4.3.1" },
  figures,
  ratioOfMedians: {
    produce: ratio(produce.ours.perSecond, produce.java.perSecond),
    consume: ratio(consume.ours.perSecond, consume.java.perSecond),
    consumeFromStart: ratio(consume.ours.perSecondFromStart, consume.java.perSecondFromStart),
    produceCpu: ratio(produce.ours.cpuSeconds, produce.java.cpuSeconds),
    consumeCpu: ratio(consume.ours.cpuSeconds, consume.java.cpuSeconds),
  },
};
writeFileSync("bench/results/kafka.json", `${JSON.stringify(result, undefined, 2)}\n`);
console.log(JSON.stringify(result, undefined, 2));
