import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { apiTable } from "../../src/broker/api-table.ts";
import { fresh, runCase } from "../cases/broker/case.ts";
import { brokerCases } from "../cases/broker/cases.ts";
import { brokerKinds } from "../support/broker-kinds.ts";
import { outputOf } from "../support/processes.ts";
import { javaClient, type RealKafka } from "../support/real-kafka.ts";
import { produce } from "../support/wire/data-requests.ts";
import { kafkaApis } from "../support/wire/kafka-apis.ts";
import { prepareCoordinators } from "../support/wire/prepare-coordinators.ts";
import { batchOf } from "../support/wire/records-of.ts";
import { createTopic } from "../support/wire/topic-requests.ts";
import { WireConnection } from "../support/wire/wire-connection.ts";

// A real Kafka and the embedded broker, by the same questions: one table of cases by a protocol client of our own, the Java client's
// view of topics, groups and transactions, and kcat.

const javaSees = {
  topics: `cluster: 1 1
partitions: 2 1 1
listed: true
again: TopicExistsException
replicas: InvalidReplicationFactorException
bad config: InvalidConfigurationException
bad name: InvalidTopicException
missing: UnknownTopicOrPartitionException
fewer: InvalidPartitionsException
more: ok
change: ok
changed: 123456 DYNAMIC_TOPIC_CONFIG
bad change: InvalidConfigurationException
offsets: 0 10 2 4 -1
delete records: 7
after: 7 10
delete too much: OffsetOutOfRangeException
out of range: 3
read: [v7, v8, v9]
by time: 8 10
too large: RecordTooLargeException
delete: ok
delete again: UnknownTopicOrPartitionException`,
  groups: `${group("range")}
${group("cooperative-sticky")}
static: true 0
fenced: FencedInstanceIdException`,
  transactions: `offset: 20
committed: 20 20
uncommitted: 30 20
send fenced: InvalidProducerEpochException
commit fenced: InvalidProducerEpochException
then: 21 21
timeout: KafkaException`,
};

function group(assignor: string): string {
  return `one: 4
two: [0, 1, 2, 3]
described: Stable 2 ${assignor}
not empty: GroupNotEmptyException
left: 4
read: 40
committed: {0=10, 1=10, 2=10, 3=10}
altered: OffsetAndMetadata{offset=3, leaderEpoch=null, metadata='by hand'}
one less: 3
state: Empty
deleted: ok
gone: GroupIdNotFoundException`;
}

/** What the program says; the client's own log lines are left out. */
function said(output: string): string {
  return output
    .split("\n")
    .filter((line) => /^[a-z ]+: /.test(line))
    .join("\n");
}

/** What each kind of broker answered to the same requests. */
const sweeps: string[][] = [];

for (const [kind, start] of Object.entries(brokerKinds)) {
  describe(`with ${kind}`, () => {
    let broker: RealKafka;
    before(async () => {
      broker = await start();
      await prepareCoordinators(broker.brokers);
    });
    after(() => broker.stop());

    for (const brokerCase of brokerCases) test(brokerCase.name, () => runCase(brokerCase, broker.brokers));

    for (const [what, expected] of Object.entries(javaSees)) {
      test(`the Java client sees ${what} as it should`, async () => {
        const output = await javaClient("ClientChecks", what, broker.brokers, `${fresh("java")}-`);
        assert.equal(said(output), expected);
      });
    }

    test("every version of every API is answered in its form", async () => {
      const wire = await WireConnection.open(broker.brokers);
      const topic = await createTopic(wire, fresh("sweep"), { partitions: 2 });
      wire.close();
      const ranges = [...apiTable].map(([key, { min, max }]) => `${key}=${min}-${max}`);
      const output = await javaClient("VersionSweep", broker.brokers, topic, ...ranges);
      const lines = output.split("\n").filter((line) => / left \d+$/.test(line));
      const versions = [...apiTable.values()].reduce((sum, { min, max }) => sum + max - min + 1, 0);
      assert.equal(lines.length, versions);
      assert.deepEqual(
        lines.filter((line) => !line.endsWith(" left 0")),
        [],
      );
      sweeps.push(lines);
    });

    test("the versions of every API that it announces are those that the docs name", async () => {
      const wire = await WireConnection.open(broker.brokers);
      const answer = await wire.request("apiVersions", 3, (writer) => writer.string("test").string("1").tags());
      assert.equal(answer.int16(), 0);
      const announced = answer.array(() => {
        const api = [answer.int16(), answer.int16(), answer.int16()] as const;
        answer.tags();
        return api;
      });
      wire.close();
      const expected =
        kind === "Apache Kafka"
          ? kafkaApis.map(([key, , first, last]) => [key, first, last])
          : [...apiTable].map(([key, { min, max }]) => [key, min, max]);
      assert.deepEqual(
        announced.toSorted(([a], [b]) => a - b),
        expected,
      );
    });

    test("kcat lists topics, finds offsets by time, and reads as a group", async () => {
      const wire = await WireConnection.open(broker.brokers);
      const topic = await createTopic(wire, fresh("kcat"), { partitions: 2 });
      for (const timestamp of [1_000, 2_000, 3_000])
        await produce(wire, topic, batchOf([{ value: `v${timestamp}`, timestamp }]));
      await produce(wire, topic, batchOf([{ value: "other", timestamp: 1 }]), { partition: 1 });
      wire.close();
      const kcat = (...args: readonly string[]): Promise<string> => outputOf("kcat", ["-b", broker.brokers, ...args]);
      const listed = JSON.parse(await kcat("-L", "-J", "-t", topic)) as {
        topics: { topic: string; partitions: { partition: number; leader: number }[] }[];
      };
      assert.deepEqual(
        listed.topics.map((found) => [found.topic, found.partitions.map(({ leader }) => leader)]),
        [[topic, [1, 1]]],
      );
      assert.equal((await kcat("-Q", "-t", `${topic}:0:1500`)).trim(), `${topic} [0] offset 1`);
      const read = await kcat("-G", fresh("kcat-group"), "-q", "-o", "beginning", "-c", "4", topic);
      assert.deepEqual(read.trim().split("\n").sort(), ["other", "v1000", "v2000", "v3000"]);
    });
  });
}

test("both kinds answer every version of every API alike", () => {
  assert.equal(sweeps.length, 2);
  assert.deepEqual(sweeps[1], sweeps[0]);
});
