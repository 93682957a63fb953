// npm start: an embedded broker (or, with --brokers, a real Kafka), lines at a steady rate, and the word count of
// ../word-count.ts over them. Options: --brokers host:port, --batches N, --rate LINES_PER_SECOND.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { DStreamError, KafkaProducer } from "dstream";
import { EmbeddedBroker } from "dstream/broker";
import { KafkaClient } from "../../src/kafka/client/kafka-client.ts";
import { thisMachine } from "../../src/runtime/machine/machine.ts";
import { thisProcess } from "../../src/runtime/process/this-process.ts";
import { randomLine } from "../lines.ts";

const { values } = parseArgs({
  options: { brokers: { type: "string" }, batches: { type: "string" }, rate: { type: "string", default: "20" } },
});
const broker =
  values.brokers === undefined ? await EmbeddedBroker.start({ log: (line) => console.log(line) }) : undefined;
const brokers = broker === undefined ? (values.brokers ?? "").split(",") : [broker.bootstrapServers];
const stopping = new AbortController();
/** The counts begin anew with each start, as the topic does. */
const checkpointDir = mkdtempSync(join(tmpdir(), "dstream-demo-"));

async function createTopic(): Promise<void> {
  const client = new KafkaClient({ brokers }, thisMachine);
  try {
    if (!(await client.topics()).includes("test")) await client.createTopic("test", 4);
  } finally {
    await client.close();
  }
}

async function produceLines(): Promise<void> {
  const producer = new KafkaProducer({ brokers });
  const pauseMs = 1_000 / Number(values.rate);
  while (!stopping.signal.aborted) {
    await producer.send({ topic: "test", value: randomLine() });
    await delay(pauseMs, undefined, { signal: stopping.signal }).catch(() => {});
  }
  await producer.close();
}

try {
  await createTopic();
  const producing = produceLines();
  thisProcess.runOptions = {
    brokers,
    checkpointDir,
    ui: {},
    ...(values.batches !== undefined && { batches: Number(values.batches) }),
  };
  await import("../word-count.ts");
  stopping.abort();
  await producing;
} catch (error) {
  console.error(error instanceof DStreamError ? error.message : error);
  process.exitCode = 1;
} finally {
  stopping.abort();
  await broker?.stop();
  rmSync(checkpointDir, { recursive: true, force: true });
}
