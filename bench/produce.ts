// Sends COUNT records of 100 bytes: produce.ts BROKERS TOPIC COUNT. Prints records per second.
import { KafkaProducer } from "../src/kafka/producer/kafka-producer.ts";

const [brokers = "", topic = "", count = "0"] = process.argv.slice(2);
const value = Buffer.alloc(100, "x");
const producer = new KafkaProducer({ brokers: [brokers] });
const startedAt = performance.now();
for (let i = 0; i < Number(count); i++) {
  const full = producer.append({ topic, value });
  if (full !== undefined) await full;
}
await producer.flush();
const seconds = (performance.now() - startedAt) / 1_000;
await producer.close();
console.log(JSON.stringify({ records: Number(count), perSecond: Math.round(Number(count) / seconds) }));
