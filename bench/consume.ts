// Reads a whole topic, key and value as views: consume.ts BROKERS TOPIC. Prints records per second of the reading alone, and of
// all that comes before it, too: connecting and asking for the partitions and their ends.
import { KafkaClient } from "../src/kafka/client/kafka-client.ts";
import { readRange } from "../src/kafka/consumer/range-reader.ts";
import { thisMachine } from "../src/runtime/machine/machine.ts";

const [brokers = "", topic = ""] = process.argv.slice(2);
const client = new KafkaClient({ brokers: [brokers] }, thisMachine);
const startedAt = performance.now();
const partitions = Array.from({ length: await client.partitionCount(topic) }, (_, partition) => ({ topic, partition }));
const ends = await client.listOffsets(partitions, "latest", "read_committed");
const readingAt = performance.now();
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
const endedAt = performance.now();
await client.close();
const perSecond = (since: number): number => Math.round((records / (endedAt - since)) * 1_000);
console.log(
  JSON.stringify({ records, bytes, perSecond: perSecond(readingAt), perSecondFromStart: perSecond(startedAt) }),
);
