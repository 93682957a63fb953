import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { readdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Readable } from "node:stream";
import { after, before, type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type DStreamError, KafkaProducer, KafkaUtils, StreamingContext } from "dstream";
import { ManualClock } from "dstream/testing";
import { KafkaClient } from "../../src/kafka/client/kafka-client.ts";
import type { KafkaConnection } from "../../src/kafka/types.ts";
import { thisMachine } from "../../src/runtime/machine/machine.ts";
import { readRecords } from "../../src/sources/kafka/reading/record-source.ts";
import { dstream } from "../support/dstream.ts";
import { committedEntries } from "../support/exactly-once/committed-topic.ts";
import { kafkaTool } from "../support/real-kafka.ts";
import { type CommandOutcome, runCommand } from "../support/run-command.ts";
import {
  oddUser,
  type SecuredKafka,
  securedUser,
  shortSessionMs,
  startSecuredKafka,
} from "../support/secured-kafka.ts";
import { selfSigned, signedBy } from "../support/self-signed.ts";
import { SignedTokens } from "../support/signed-tokens.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

// One Kafka whose listeners ask for TLS, certificates, SASL, or several of them. Values of 20 KB, so that responses are large frames.
const certificate = selfSigned();
const clients = selfSigned();
const client = signedBy(clients);
const lateClient = signedBy(clients, { isExpired: true });
const tls = { ca: certificate.cert };
const tokens = new SignedTokens();
const values = Array.from({ length: 300 }, (_, i) => `${i} `.padEnd(20_000, "."));

let kafka: SecuredKafka;
before(async () => {
  kafka = await startSecuredKafka({ certificate, clients: clients.cert, tokens });
});
after(() => kafka?.stop());

async function roundTrip(connection: KafkaConnection & { brokers: readonly string[] }, topic: string): Promise<void> {
  const client = new KafkaClient(connection, thisMachine);
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

test("records go there and back over TLS", () => roundTrip({ brokers: [kafka.at.TLS], tls }, "over-tls"));

test("records go there and back with a client's certificate", () =>
  roundTrip({ brokers: [kafka.at.MUTUAL], tls: { ...tls, ...client } }, "with-certificate"));

for (const mechanism of ["PLAIN", "SCRAM-SHA-256", "scram-sha-512"]) {
  test(`records go there and back with SASL ${mechanism}`, async () => {
    const sasl = { mechanism, ...securedUser };
    await roundTrip({ brokers: [kafka.at.SASL], sasl }, `with-${mechanism}`);
    await roundTrip({ brokers: [kafka.at.SASLTLS], sasl, tls }, `with-${mechanism}-over-tls`);
  });
}

test("records go there and back with tokens", async () => {
  const sasl = { mechanism: "OAUTHBEARER", token: async () => tokens.token("alice") };
  await roundTrip({ brokers: [kafka.at.OAUTH], sasl }, "with-tokens");
});

test("SCRAM takes passwords as Kafka keeps them: UTF-8 that nobody normalized", async () => {
  for (const mechanism of ["SCRAM-SHA-256", "SCRAM-SHA-512"]) {
    await using connected = closing({ brokers: [kafka.at.SASL], sasl: { mechanism, ...oddUser } });
    await connected.client.topics();
  }
});

function closing(connection: KafkaConnection & { brokers: readonly string[] }) {
  const asking = new KafkaClient(connection, thisMachine);
  return { client: asking, [Symbol.asyncDispose]: () => asking.close() };
}

/** What asking with a connection ends with. */
async function failureOf(connection: KafkaConnection & { brokers: readonly string[] }): Promise<DStreamError> {
  const asking = new KafkaClient(connection, thisMachine);
  const began = performance.now();
  try {
    await asking.topics();
  } catch (error) {
    assert.ok(performance.now() - began < 5_000, "it is not tried again");
    return error as DStreamError;
  } finally {
    await asking.close();
  }
  return assert.fail("it was answered");
}

const plain = { mechanism: "PLAIN", ...securedUser };
const refusals: readonly [
  what: string,
  at: keyof SecuredKafka["at"] | "PLAINTEXT",
  options: KafkaConnection,
  code: string,
  option: string,
][] = [
  [
    "a wrong password for PLAIN",
    "SASL",
    { sasl: { ...plain, password: "wrong" } },
    "AUTHENTICATION_FAILED",
    "sasl.password",
  ],
  [
    "a wrong password for SCRAM-SHA-256",
    "SASL",
    { sasl: { ...plain, mechanism: "SCRAM-SHA-256", password: "wrong" } },
    "AUTHENTICATION_FAILED",
    "sasl.password",
  ],
  [
    "an unknown user for SCRAM-SHA-512",
    "SASL",
    { sasl: { ...plain, mechanism: "SCRAM-SHA-512", username: "bob" } },
    "AUTHENTICATION_FAILED",
    "sasl.password",
  ],
  [
    "a token that nobody signed",
    "OAUTH",
    { sasl: { mechanism: "OAUTHBEARER", token: () => new SignedTokens().token("alice") } },
    "AUTHENTICATION_FAILED",
    "sasl.token",
  ],
  [
    "a token that is no longer valid",
    "OAUTH",
    { sasl: { mechanism: "OAUTHBEARER", token: () => tokens.token("alice", -600_000) } },
    "AUTHENTICATION_FAILED",
    "sasl.token",
  ],
  ["a mechanism that the listener does not take", "OAUTH", { sasl: plain }, "AUTHENTICATION_FAILED", "sasl.mechanism"],
  ["SASL for a listener without", "PLAINTEXT", { sasl: plain }, "AUTHENTICATION_FAILED", "sasl"],
  ["no SASL for a listener that wants it", "SASL", {}, "AUTHENTICATION_FAILED", "sasl"],
  ["no SASL for a listener that wants it over TLS", "SASLTLS", { tls }, "AUTHENTICATION_FAILED", "sasl"],
  ["TLS for a listener without", "PLAINTEXT", { tls }, "TLS_MISMATCH", "tls"],
  ["TLS for a listener with SASL alone", "SASL", { tls, sasl: plain }, "TLS_MISMATCH", "tls"],
  ["no TLS for a listener that has it", "TLS", {}, "TLS_MISMATCH", "tls"],
  ["no TLS for a listener with TLS and SASL", "SASLTLS", { sasl: plain }, "TLS_MISMATCH", "tls"],
  ["another authority", "TLS", { tls: { ca: clients.cert } }, "TLS_MISMATCH", "tls.ca"],
  ["the system's authorities", "SASLTLS", { tls: true, sasl: plain }, "TLS_MISMATCH", "tls.ca"],
  [
    "another name than the certificate's",
    "TLS",
    { tls: { ...tls, servername: "other.example" } },
    "TLS_MISMATCH",
    "tls.servername",
  ],
  ["no certificate of the client", "MUTUAL", { tls }, "AUTHENTICATION_FAILED", "tls.cert"],
  [
    "a certificate of the client that is expired",
    "MUTUAL",
    { tls: { ...tls, ...lateClient } },
    "AUTHENTICATION_FAILED",
    "tls.cert",
  ],
  [
    "a certificate of the client that nobody knows",
    "MUTUAL",
    { tls: { ...tls, ...selfSigned() } },
    "AUTHENTICATION_FAILED",
    "tls.cert",
  ],
];

for (const [what, at, options, code, option] of refusals) {
  test(`${what} is ${code} of ${option}`, async () => {
    const brokers = [at === "PLAINTEXT" ? kafka.brokers : kafka.at[at]];
    const error = await failureOf({ ...options, brokers });
    assert.deepEqual([error.code, error.data.option, error.retryable], [code, option, false], error.message);
    assert.match(error.message, new RegExp(`${brokers[0]}.*${option.replace(".", "\\.")}`, "s"));
    assert.doesNotMatch(error.message, /wrong|secret|eyJ/);
  });
}

for (const [name, at, sasl] of [
  ["PLAIN", "SHORT", plain],
  ["SCRAM-SHA-512", "SHORT", { ...plain, mechanism: "SCRAM-SHA-512" }],
  ["OAUTHBEARER", "OAUTH", { mechanism: "OAUTHBEARER", token: () => tokens.token("alice", 4_000) }],
] as const) {
  test(`a session of ${name} is renewed on its connection, while records come and go`, async () => {
    const topic = `renewed-${name}`;
    const connection = { brokers: [kafka.at[at]], sasl };
    const asking = new KafkaClient(connection, thisMachine);
    await asking.createTopic(topic, 1);
    const producer = new KafkaProducer({ ...connection, lingerMs: 0 });
    await producer.send({ topic, value: "first" });
    let sockets = 0;
    const count = (): number => sockets++;
    subscribe("net.client.socket", count);
    const until = performance.now() + 3 * shortSessionMs;
    const sent = ["first"];
    while (performance.now() < until) {
      sent.push(`${sent.length}`);
      await Promise.all([producer.send({ topic, value: sent.at(-1) as string }), asking.topics()]);
      await delay(5);
    }
    unsubscribe("net.client.socket", count);
    await producer.close();
    const range = { topic, partition: 0, fromOffset: 0, untilOffset: sent.length };
    const read: unknown[] = [];
    for await (const records of readRecords(asking, range, {}, new AbortController().signal))
      read.push(...records.map(({ value }) => value));
    await asking.close();
    assert.deepEqual(read, sent);
    assert.equal(sockets, 0);
  });
}

for (const master of ["local", "local[2]"]) {
  test(`a job on ${master} asks its own function for tokens, wherever it reads and writes`, async (t) => {
    const admin = new KafkaClient({ brokers: [kafka.brokers] }, thisMachine);
    for (const topic of ["tokens-in", "tokens-out"]) {
      await admin.deleteTopic(topic).catch(() => {});
      await admin.createTopic(topic, 2);
    }
    await admin.close();
    const producer = new KafkaProducer({ brokers: [kafka.brokers] });
    for (const [partition, value] of ["a", "b"].entries())
      await producer.send({ topic: "tokens-in", partition, value });
    await producer.close();
    const folder = temporaryDirectory(t);
    process.env.PRIVATE_KEY = tokens.privateKey;
    const given = [kafka.at.OAUTH, tokens.issuer, tokens.audience, folder, master];
    const program = "test/integration/programs/token-job.ts";
    const { code, stderr } = await dstream(["run", program, "--batches", "3", "--", ...given]);
    assert.equal(code, 0, stderr);
    assert.deepEqual((await committedEntries(kafka.brokers, "tokens-out")).map(String).length, 2);
    assert.equal(readdirSync(folder).length, master === "local" ? 1 : 3);
  });
}

/** Runs a command with a file of properties. */
async function withConfig(
  t: TestContext,
  properties: string,
  args: readonly string[],
  input = "",
): Promise<CommandOutcome> {
  const file = join(temporaryDirectory(t), "client.properties");
  writeFileSync(file, properties);
  return runCommand([...args, "--command-config", file], Readable.from([input]));
}

test("the commands reach a secured listener as Kafka's tools do, with --command-config", async (t) => {
  const properties = `bootstrap.servers=${kafka.at.SASLTLS}
security.protocol=SASL_SSL
sasl.mechanism=SCRAM-SHA-512
sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username="${securedUser.username}" password="${securedUser.password}";
ssl.truststore.type=PEM
ssl.truststore.certificates=${certificate.cert.trim().replaceAll("\n", "\\n")}
`;
  assert.deepEqual(await withConfig(t, properties, ["topics", "create", "by-command", "--partitions", "1"]), {
    code: 0,
    output: "created by-command\n",
    errors: "",
  });
  const { code, errors } = await withConfig(t, properties, ["produce", "by-command"], "one\ntwo\n");
  assert.deepEqual([code, errors], [0, "2 records sent\n"]);
  const consumed = await withConfig(t, properties, ["consume", "by-command", "--until", "end"]);
  assert.deepEqual(consumed, { code: 0, output: "one\ntwo\n", errors: "" });
  const wrong = properties.replace(securedUser.password, "wrong");
  const failed = await withConfig(t, wrong, ["topics", "list"]);
  assert.equal(failed.code, 1);
  assert.match(failed.errors, /^error \[AUTHENTICATION_FAILED\] .*check sasl\.username and sasl\.password/);
});

test("the commands get tokens from an identity provider, with --command-config", async (t) => {
  const provider = createServer((_, response) =>
    response.end(JSON.stringify({ access_token: tokens.token("alice"), expires_in: 60 })),
  );
  await new Promise<void>((resolve) => provider.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    provider.closeAllConnections();
    provider.close();
  });
  const { port } = provider.address() as AddressInfo;
  const properties = `bootstrap.servers=${kafka.at.OAUTH}
security.protocol=SASL_PLAINTEXT
sasl.mechanism=OAUTHBEARER
sasl.oauthbearer.token.endpoint.url=http://127.0.0.1:${port}/token
sasl.jaas.config=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required clientId="job" clientSecret="s3cret";
`;
  const { code, output, errors } = await withConfig(t, properties, ["topics", "list"]);
  assert.deepEqual([code, errors, output.length > 0], [0, "", true]);
});

for (const [what, resource, reason] of [
  ["the transactional id", ["--transactional-id", "refused-id"], "TRANSACTIONAL_ID_AUTHORIZATION_FAILED"],
  ["a topic in the transaction", ["--topic", "refused-copies"], "TOPIC_AUTHORIZATION_FAILED"],
] as const) {
  test(`a job that may not use ${what} ends with the broker's reason, and nothing of its batch is seen`, async (t) => {
    const client = new KafkaClient({ brokers: [kafka.brokers] }, thisMachine);
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
    const connection = { brokers: [kafka.at.SASL], sasl: { mechanism: "PLAIN", ...securedUser } };
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
