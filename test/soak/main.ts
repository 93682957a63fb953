// npm run soak -- --kills K --records N --seed S [--master M] [--life MS] [--brokers HOST:PORT | --real-kafka]
import { parseArgs } from "node:util";
import { EmbeddedBroker } from "dstream/broker";
import { startRealKafka } from "../support/real-kafka.ts";
import { soak } from "./soak.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "5" },
    records: { type: "string", default: "100000" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    master: { type: "string", default: "local" },
    life: { type: "string", default: "3000" },
    brokers: { type: "string" },
    "real-kafka": { type: "boolean", default: false },
  },
});

interface Target {
  readonly name: string;
  readonly brokers: string;
  stop(): Promise<void>;
}

async function target(): Promise<Target> {
  if (values.brokers !== undefined) return { name: values.brokers, brokers: values.brokers, stop: async () => {} };
  if (values["real-kafka"]) {
    const { brokers, stop } = await startRealKafka({ forMeasuring: true });
    return { name: "Apache Kafka", brokers, stop };
  }
  const broker = await EmbeddedBroker.start({ maxBytes: 4 * 2 ** 30 });
  return { name: "the embedded broker", brokers: broker.bootstrapServers, stop: () => broker.stop() };
}

const [kills, records, seed] = [Number(values.kills), Number(values.records), Number(values.seed)];
const { name, brokers, stop } = await target();
try {
  const { master, life } = values;
  const options = { kills, records, seed, master, longestLifeMs: Number(life) };
  const report = await soak({ brokers, ...options, log: console.log });
  console.log(`\n${records} records, ${kills} kills, seed ${seed}, ${values.master}, ${name}`);
  console.log(JSON.stringify(report, null, 2));
  const { lost, duplicated, foreign, outOfOrder, wrongTotals, faultsSeenMeanwhile } = report;
  const faults = lost + duplicated + foreign + outOfOrder + wrongTotals.length + faultsSeenMeanwhile;
  console.log(faults === 0 ? "exactly once" : `${faults} faults`);
  if (faults > 0) process.exitCode = 1;
} finally {
  await stop();
}
