import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { KafkaProducer } from "dstream";
import { KafkaClient } from "../../src/kafka/client/kafka-client.ts";
import { readRecords } from "../../src/kafka/source/record-source.ts";
import type { KafkaConnection } from "../../src/kafka/types.ts";
import { type SecuredKafka, securedUser, startSecuredKafka } from "../support/real-kafka.ts";
import { selfSigned } from "../support/self-signed.ts";

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
