// npm run bench:exactly-once: what exactly-once output costs. On one real Kafka: the floor of a batch (syncs, one transaction), then a
// job with state that copies --records (default 4,000,000) in batches of 100 ms and of 1 s, exactly-once and at-least-once in
// turns, --rounds times (default 3). Each batch takes --rate (default 400,000) records a second, so that batches are about full.
// The first third of a run's batches warms up. Results: bench/results/exactly-once.json.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { KafkaProducer } from "dstream";
import { KafkaClient } from "../../src/kafka/client/kafka-client.ts";
import { thisMachine } from "../../src/runtime/machine/machine.ts";
import { fromSources } from "../../test/support/from-sources.ts";
import { outputOf } from "../../test/support/processes.ts";
import { startRealKafka } from "../../test/support/real-kafka.ts";

const { values } = parseArgs({
  options: {
    records: { type: "string", default: "4000000" },
    rounds: { type: "string", default: "3" },
    rate: { type: "string", default: "400000" },
  },
});
const [records, rounds, rate] = [values.records, values.rounds, values.rate].map(Number) as [number, number, number];
const intervals = [100, 1_000];
const deliveries = ["at-least-once", "exactly-once"] as const;
const [numKeys, numPartitions] = [1_000, 4];

interface Run {
  /** Milliseconds of processing for a million records. */
  readonly msPerMillion: number[];
  /** CPU milliseconds of the whole process. */
  readonly cpuMs: number[];
}

async function fill(brokers: string): Promise<void> {
  const producer = new KafkaProducer({ brokers: [brokers] });
  for (let i = 0; i < records; i++) {
    const room = producer.append({ topic: "input", key: `key ${i % numKeys}`, value: String(i).padEnd(90, "x") });
    if (room !== undefined) await room;
  }
  await producer.close();
}

async function job(client: KafkaClient, brokers: string, delivery: string, interval: number, run: Run): Promise<void> {
  const outTopic = `${delivery}-${interval}-${run.cpuMs.length}`;
  await client.createTopic(outTopic, numPartitions);
  const directory = mkdtempSync(join(tmpdir(), "dstream-"));
  const perBatch = String((rate * interval) / 1_000);
  const args = [brokers, "input", outTopic, String(records), delivery, String(interval), perBatch];
  const program = [fromSources, "bench/exactly-once/job.ts", ...args, join(directory, "checkpoint")];
  const { batches, cpuMs } = JSON.parse(await outputOf(process.execPath, program)) as {
    batches: { records: number; ms: number }[];
    cpuMs: number;
  };
  rmSync(directory, { recursive: true });
  const full = batches.filter((batch) => batch.records > 0);
  const measured = full.slice(Math.ceil(full.length / 3));
  const ms = measured.reduce((sum, batch) => sum + batch.ms, 0);
  const done = measured.reduce((sum, batch) => sum + batch.records, 0);
  run.msPerMillion.push(Math.round((ms / done) * 1_000_000));
  run.cpuMs.push(Math.round(cpuMs));
}

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] as number;

const kafka = await startRealKafka({ forMeasuring: true });
const client = new KafkaClient({ brokers: [kafka.brokers] }, thisMachine);
try {
  for (const topic of ["input", "floor"]) await client.createTopic(topic, numPartitions);
  const floorArgs = [fromSources, "bench/exactly-once/floor.ts", kafka.brokers, "floor"];
  const floor = JSON.parse(await outputOf(process.execPath, floorArgs)) as object;
  await fill(kafka.brokers);
  const runs = Object.fromEntries(
    intervals.flatMap((interval) =>
      deliveries.map((delivery) => [`${delivery} ${interval} ms`, { msPerMillion: [], cpuMs: [] } satisfies Run]),
    ),
  );
  for (let round = 0; round < rounds; round++) {
    for (const interval of intervals) {
      for (const delivery of deliveries) {
        const run = runs[`${delivery} ${interval} ms`] as Run;
        await job(client, kafka.brokers, delivery, interval, run);
        console.log(`round ${round + 1}, ${interval} ms, ${delivery}: ${run.msPerMillion.at(-1)} ms a million`);
      }
    }
  }
  const costs = Object.fromEntries(
    intervals.map((interval) => {
      const [least, exactly] = deliveries.map((delivery) =>
        median((runs[`${delivery} ${interval} ms`] as Run).msPerMillion),
      ) as [number, number];
      return [`${interval} ms`, Number((exactly / least - 1).toFixed(3))];
    }),
  );
  const result = {
    command: `npm run bench:exactly-once -- --records ${records} --rounds ${rounds} --rate ${rate}`,
    cpu: `${cpus().length} × ${cpus()[0]?.model}`,
    versions: { node: process.version, kafka: "4.4.0" },
    floor,
    runs,
    costs,
  };
  writeFileSync("bench/results/exactly-once.json", `${JSON.stringify(result, null, 2)}\n`);
  console.log(JSON.stringify({ floor, costs }));
} finally {
  await client.close();
  await kafka.stop();
}
