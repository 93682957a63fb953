// npm run bench: our consumer and producer beside Java's performance tools, in turns on one Kafka, and the ratio of the medians.
// Options: --records N (default 5,000,000), --rounds N (default 3). Results go to bench/results/kafka.json.
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { KafkaClient } from "../src/kafka/client/kafka-client.ts";
import { mavenJars } from "../test/support/maven.ts";
import { outputOf } from "../test/support/processes.ts";
import { kafkaLibraries, startRealKafka } from "../test/support/real-kafka.ts";

const { values } = parseArgs({
  options: { records: { type: "string", default: "5000000" }, rounds: { type: "string", default: "3" } },
});
const records = Number(values.records);

async function toolLibraries(): Promise<string> {
  return join(await mavenJars("kafka-tools-4.3.1", "bench/java/pom.xml"), "*");
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] as number;

async function ours(file: string, ...args: readonly string[]): Promise<number> {
  const output = await outputOf(process.execPath, ["--conditions=development", `bench/${file}`, ...args]);
  return (JSON.parse(output) as { perSecond: number }).perSecond;
}

const tools = await toolLibraries();
await kafkaLibraries();
const kafka = await startRealKafka({ forMeasuring: true });
const client = new KafkaClient({ brokers: [kafka.brokers] });
const { brokers } = kafka;
const figures = {
  produce: { ours: [] as number[], java: [] as number[] },
  consume: { ours: [] as number[], java: [] as number[] },
};
const java = (name: string, ...args: readonly string[]): Promise<string> =>
  outputOf("java", ["-Xmx512m", "-cp", tools, `org.apache.kafka.tools.${name}`, ...args]);
try {
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const side of ["ours", "java"]) await client.createTopic(`produce-${side}-${round}`, 4);
    figures.produce.ours.push(await ours("produce.ts", brokers, `produce-ours-${round}`, String(records)));
    const printed = await java(
      "ProducerPerformance",
      "--topic",
      `produce-java-${round}`,
      "--num-records",
      String(records),
      "--record-size",
      "100",
      "--throughput",
      "-1",
      "--producer-props",
      `bootstrap.servers=${brokers}`,
      "acks=all",
    );
    figures.produce.java.push(Number(/ ([\d.]+) records\/sec(?!.* records\/sec)/s.exec(printed)?.[1]));
    const topic = `produce-ours-${round}`;
    figures.consume.ours.push(await ours("consume.ts", brokers, topic));
    const table = await java(
      "ConsumerPerformance",
      "--bootstrap-server",
      brokers,
      "--topic",
      topic,
      "--messages",
      String(records),
      "--timeout",
      "60000",
    );
    const columns = (table.trim().split("\n").at(-1) ?? "").split(",");
    // start, end, MB, MB/s, records, records/s, rebalance ms, fetch ms, fetch MB/s, fetch records/s
    figures.consume.java.push(Number(columns[9]));
    await client.deleteTopic(`produce-java-${round}`);
    await client.deleteTopic(topic);
  }
} finally {
  await client.close();
  await kafka.stop();
}
const result = {
  command: `npm run bench -- --records ${records} --rounds ${values.rounds}`,
  cpu: `${cpus().length} × ${cpus()[0]?.model}`,
  versions: { node: process.version, kafka: "4.4.0", tools: "4.3.1" },
  recordsPerSecond: figures,
  ratioOfMedians: {
    produce: Number((median(figures.produce.ours) / median(figures.produce.java)).toFixed(2)),
    consume: Number((median(figures.consume.ours) / median(figures.consume.java)).toFixed(2)),
  },
};
writeFileSync("bench/results/kafka.json", `${JSON.stringify(result, undefined, 2)}\n`);
console.log(JSON.stringify(result, undefined, 2));
