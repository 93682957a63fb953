// Reads a whole topic, key and value as views: consume.ts BROKERS TOPIC. Prints records per second.
import { KafkaClient } from "../src/kafka/client/kafka-client.ts";
import { readRange } from "../src/kafka/consumer/range-reader.ts";

const [brokers = "", topic = ""] = process.argv.slice(2);
const client = new KafkaClient({ brokers: [brokers] });
const startedAt = performance.now();
const partitions = Array.from({ length: await client.partitionCount(topic) }, (_, partition) => ({ topic, partition }));
const ends = await client.listOffsets(partitions, "latest", "read_committed");
let records = 0;
let bytes = 0;
await Promise.all(
  ends.map(async ({ partition, offset }) => {
    for await (const { columns, from, until } of readRange(
      client,
      { topic, partition, fromOffset: 0, untilOffset: offset },
      { isolationLevel: "read_committed" },
    )) {
      for (let i = from; i < until; i++) bytes += (columns.key(i)?.length ?? 0) + (columns.value(i)?.length ?? 0);
      records += until - from;
    }
  }),
);
const seconds = (performance.now() - startedAt) / 1_000;
await client.close();
console.log(JSON.stringify({ records, bytes, perSecond: Math.round(records / seconds) }));
