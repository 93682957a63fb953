import assert from "node:assert/strict";
import { test } from "node:test";
import { kafkaReadOptions, securityOptions } from "./kafka-read-options.ts";

test("ranges are given to Spark by topic and partition, with nothing left to chance", () => {
  const options = kafkaReadOptions({ brokers: ["a:1", "b:2"] }, [
    { topic: "t", partition: 0, fromOffset: 5, untilOffset: 9 },
    { topic: "t", partition: 3, fromOffset: 0, untilOffset: 2 },
    { topic: "u", partition: 1, fromOffset: 7, untilOffset: 8 },
  ]);
  assert.equal(options["kafka.bootstrap.servers"], "a:1,b:2");
  assert.equal(options.assign, '{"t":[0,3],"u":[1]}');
  assert.equal(options.startingOffsets, '{"t":{"0":5,"3":0},"u":{"1":7}}');
  assert.equal(options.endingOffsets, '{"t":{"0":9,"3":2},"u":{"1":8}}');
  assert.equal(options.failOnDataLoss, "true");
  assert.equal(options["kafka.isolation.level"], "read_committed");
});

test("uncommitted records are read where the stream asks for them", () => {
  const options = kafkaReadOptions({ brokers: ["a:1"], isolationLevel: "read_uncommitted" }, []);
  assert.equal(options["kafka.isolation.level"], "read_uncommitted");
});

test("without TLS and SASL nothing is said about security", () => {
  assert.deepEqual(securityOptions({}), {});
  assert.deepEqual(securityOptions({ tls: false }), {});
});

test("TLS material is handed on as PEM text", () => {
  const [ca, cert, key] = ["CERTIFICATE", "CERTIFICATE", "PRIVATE KEY"].map(
    (kind) => `-----BEGIN ${kind}-----\nAA==\n-----END ${kind}-----`,
  );
  assert.deepEqual(securityOptions({ tls: { ca, cert, key: Buffer.from(key as string) } }), {
    "kafka.security.protocol": "SSL",
    "kafka.ssl.truststore.type": "PEM",
    "kafka.ssl.truststore.certificates": ca,
    "kafka.ssl.keystore.type": "PEM",
    "kafka.ssl.keystore.certificate.chain": cert,
    "kafka.ssl.keystore.key": key,
  });
});

test("user and password are quoted as a JAAS configuration wants it", () => {
  const sasl = { mechanism: "SCRAM-SHA-256", username: 'a"b', password: "c\\d" };
  const scram = "org.apache.kafka.common.security.scram.ScramLoginModule";
  assert.deepEqual(securityOptions({ tls: true, sasl }), {
    "kafka.security.protocol": "SASL_SSL",
    "kafka.sasl.mechanism": "SCRAM-SHA-256",
    "kafka.sasl.jaas.config": `${scram} required username="a\\"b" password="c\\\\d";`,
  });
});

test("what Spark's Kafka source has no equivalent for is refused by the option's name, without its value", () => {
  const refused = (connection: Parameters<typeof securityOptions>[0], option: string, secret: string): void => {
    assert.throws(
      () => securityOptions(connection),
      (error: Error & { code: string; data: { option: string } }) =>
        error.code === "NOT_SUPPORTED" && error.data.option === option && !error.message.includes(secret),
    );
  };
  refused({ tls: { rejectUnauthorized: false } }, "tls.rejectUnauthorized", "x".repeat(100));
  refused({ tls: { ca: "der bytes" } }, "tls.ca", "der bytes");
  refused({ sasl: { mechanism: "OAUTHBEARER", password: "secret" } }, "sasl.mechanism", "secret");
});
