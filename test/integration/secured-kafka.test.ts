import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type DStreamError, KafkaProducer, KafkaUtils, StreamingContext } from "dstream";
import { ManualClock } from "dstream/testing";
import { KafkaClient } from "../../src/kafka/client/kafka-client.ts";
import { readRecords } from "../../src/kafka/source/record-source.ts";
import type { KafkaConnection } from "../../src/kafka/types.ts";
import { committedEntries } from "../support/exactly-once/committed-topic.ts";
import { kafkaTool, type SecuredKafka, securedUser, startSecuredKafka } from "../support/real-kafka.ts";
import { selfSigned } from "../support/self-signed.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

// One Kafka whose listeners ask for TLS, SASL, or both. Values of 20 KB, so that responses are large frames.
const certificate = selfSigned();
const tls = { ca: certificate.cert };
const values = Array.from({ length: 300 }, (_, i) => `${i} `.padEnd(20_000, "."));

let kafka: SecuredKafka;
before(async () => {
  kafka = await startSecuredKafka(certificate);
});
after(() => kafka?.stop());

async function roundTrip(connection: KafkaConnection & { brokers: readonly string[] }, topic: string): Promise<void> {
  const client = new KafkaClient(connection);
  await client.createTopic(topic, 1);
  const producer = new KafkaProducer(connection);
  await Promise.all(values.map((value) => producer.send({ topic, value })));
  await producer.close();
  const range = { topic, partition: 0, fromOffset: 0, untilOffset: values.length };
  const read: unknown[] = [];
  for await (const records of readRecords(client, range, {}, new AbortController().signal))
    read.push(...records.map(({ value }) => value));
  await client.close();
  assert.deepEqual(read, values);
}

test("records go there and back over TLS", () => roundTrip({ brokers: [kafka.tls], tls }, "over-tls"));

for (const mechanism of ["PLAIN", "SCRAM-SHA-256"]) {
  test(`records go there and back with SASL ${mechanism}`, async () => {
    const sasl = { mechanism, ...securedUser };
    await roundTrip({ brokers: [kafka.sasl], sasl }, `with-${mechanism}`);
    await roundTrip({ brokers: [kafka.saslTls], sasl, tls }, `with-${mechanism}-over-tls`);
  });

  test(`a wrong password for SASL ${mechanism} is AUTHENTICATION_FAILED`, async () => {
    const sasl = { mechanism, ...securedUser, password: "wrong" };
    const client = new KafkaClient({ brokers: [kafka.sasl], sasl });
    await assert.rejects(client.topics(), { code: "AUTHENTICATION_FAILED" });
    await client.close();
  });
}

test("a listener without TLS, asked for it, is TLS_MISMATCH", async () => {
  const client = new KafkaClient({ brokers: [kafka.brokers], tls });
  await assert.rejects(client.topics(), { code: "TLS_MISMATCH" });
  await client.close();
});

for (const [what, resource, reason] of [
  ["the transactional id", ["--transactional-id", "refused-id"], "TRANSACTIONAL_ID_AUTHORIZATION_FAILED"],
  ["a topic in the transaction", ["--topic", "refused-copies"], "TOPIC_AUTHORIZATION_FAILED"],
] as const) {
  test(`a job that may not use ${what} ends with the broker's reason, and nothing of its batch is seen`, async (t) => {
    const client = new KafkaClient({ brokers: [kafka.brokers] });
    for (const topic of ["refused-input", "refused-copies"]) await client.createTopic(topic, 1).catch(() => {});
    await client.close();
    const producer = new KafkaProducer({ brokers: [kafka.brokers] });
    await producer.send({ topic: "refused-input", value: "a" });
    await producer.close();
    // A rule for somebody else is what keeps all others out.
    const rule = ["--allow-principal", "User:bob", "--operation", "Write", ...resource];
    await kafkaTool("AclCommand", "--bootstrap-server", kafka.brokers, "--add", ...rule);
    t.after(() => kafkaTool("AclCommand", "--bootstrap-server", kafka.brokers, "--remove", "--force", ...rule));

    const clock = new ManualClock();
    const connection = { brokers: [kafka.sasl], sasl: { mechanism: "PLAIN", ...securedUser } };
    const checkpointDir = temporaryDirectory(t);
    const ssc = new StreamingContext({ appName: "refused", batchInterval: 1_000, clock, checkpointDir });
    KafkaUtils.createDirectStream(ssc, { ...connection, topics: ["refused-input"], startingOffsets: "earliest" })
      .map(({ value }) => value)
      .saveToKafka({ ...connection, topic: "refused-copies", transactionalId: "refused-id" });
    const ended = ssc.awaitTermination();
    ended.catch(() => {});
    const run = async (): Promise<void> => {
      await ssc.start();
      await clock.advance(1_000);
      await ended;
    };
    await assert.rejects(run(), ({ code, message }: DStreamError) => {
      assert.equal(code, "AUTHENTICATION_FAILED");
      assert.match(message, new RegExp(reason));
      return true;
    });
    assert.deepEqual(await committedEntries(kafka.brokers, "refused-copies"), []);
  });
}
