import { createServer } from "node:http";
import { KafkaProducer, StreamingContext } from "dstream";

// One program for each way to end, chosen by its argument.

const [scenario = ""] = process.argv.slice(2);
const is = (...names: readonly string[]): boolean => names.includes(scenario);
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const silent = () => {};
const logger = { debug: silent, info: silent, warn: silent, error: silent };
const ssc = new StreamingContext({
  ...{ appName: "ends", batchInterval: 50, gracefulStopTimeout: 700 },
  ...(is("logs-itself") && { logger }),
});
const numbers = ssc.queueStream<number>([[1, 2]]);

let producer: KafkaProducer | undefined;
if (is("producer")) {
  numbers.foreachPartition(async (rows) => {
    producer ??= new KafkaProducer({ brokers: [process.env.DSTREAM_BROKERS ?? ""] });
    for (const row of rows) await producer.send({ topic: "numbers", value: String(row) });
  });
}
numbers.foreachRDD(async (_rdd, time) => {
  console.log("batch");
  if (is("fails", "unawaited", "catches", "logs-itself")) throw new RangeError("no more");
  if (is("hangs")) await new Promise(() => {});
  if (is("exits")) process.exit(7);
  if (is("rejects")) void Promise.reject(new RangeError("nobody waits"));
  if (is("stops", "producer", "main", "waits", "nothing") && time > 0) void ssc.stop();
  if (is("prints")) {
    process.stdout.write(`${"x".repeat(5_000_000)}\n`);
    void ssc.stop();
  }
});

const opened = is("fails", "unawaited", "catches", "stops", "main", "waits", "throws", "signal", "prints");
if (opened) {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  setInterval(() => {}, 1_000);
}

async function main(): Promise<void> {
  await ssc.start();
  await ssc.awaitTermination();
  await sleep(200);
  console.log("cleaned up");
}

if (is("none")) setTimeout(() => console.log("no job"), 50);
else if (is("unsettled")) await new Promise(() => {});
else if (is("main")) void main();
else {
  await ssc.start();
  if (is("throws")) throw new RangeError("at the top");
  if (is("waits")) await new Promise(() => {});
  if (is("catches")) await ssc.awaitTermination().catch(() => console.log("caught"));
  else if (!is("unawaited", "nothing")) await ssc.awaitTermination();
}
