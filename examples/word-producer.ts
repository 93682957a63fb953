// Sends lines of words to the topic "test": 10 a second for 30 seconds, or as the arguments say: word-producer.ts RATE SECONDS.
import { setTimeout as delay } from "node:timers/promises";
import { KafkaProducer } from "dstream";
import { randomLine } from "./lines.ts";

const [rate = 10, seconds = 30] = process.argv.slice(2).map(Number);
const producer = new KafkaProducer({ brokers: (process.env.DSTREAM_BROKERS ?? "localhost:9092").split(",") });

for (let sent = 0; sent < rate * seconds; sent++) {
  await producer.send({ topic: "test", value: randomLine() });
  await delay(1_000 / rate);
}
await producer.close();
