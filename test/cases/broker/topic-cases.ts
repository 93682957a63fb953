import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { fetch, listOffset, produce, whenReady } from "../../support/wire/data-requests.ts";
import { batchOf } from "../../support/wire/records-of.ts";
import {
  alterConfigs,
  createPartitions,
  createTopic,
  deleteTopic,
  describeConfigs,
  replaceConfigs,
  type TopicOptions,
  tryCreateTopic,
} from "../../support/wire/topic-requests.ts";
import type { WireConnection } from "../../support/wire/wire-connection.ts";
import { type BrokerCase, fresh, named } from "./case.ts";

async function creation(wire: WireConnection, options: TopicOptions, name: string = fresh("create")): Promise<string> {
  return named(await tryCreateTopic(wire, name, options));
}

/** Kafka's error for a topic with this configuration. */
async function configuration(wire: WireConnection, key: string, value: string | null): Promise<string> {
  return creation(wire, { config: { [key]: value } });
}

const topicResource = 2;
const brokerResource = 4;

/** A broker of a cluster hears of changes a moment later. */
async function eventually<T>(ask: () => Promise<T>, isExpected: (value: T) => boolean): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    const value = await ask();
    if (isExpected(value) || attempt > 200) return value;
    await delay(20);
  }
}

export const topicCases: readonly BrokerCase[] = [
  {
    name: "a topic is created once, with the partitions that were asked for",
    async run(_, wire) {
      const name = await createTopic(wire, fresh("topic"), { partitions: 3 });
      assert.equal((await listOffset(wire, name, -1, { partition: 2 })).offset, 0);
      assert.equal(named(await listOffset(wire, name, -1, { partition: 3 })), "UNKNOWN_TOPIC_OR_PARTITION");
      const again = await tryCreateTopic(wire, name);
      assert.deepEqual([named(again), again.message], ["TOPIC_ALREADY_EXISTS", `Topic '${name}' already exists.`]);
    },
  },
  {
    name: "a trial creates nothing and says what would happen",
    async run(_, wire) {
      const name = fresh("trial");
      assert.equal(await creation(wire, { isTrial: true }, name), "NONE");
      assert.equal(await creation(wire, { isTrial: true, partitions: 0 }, name), "INVALID_PARTITIONS");
      assert.equal(named(await listOffset(wire, name, -1)), "UNKNOWN_TOPIC_OR_PARTITION");
    },
  },
  {
    name: "names that are empty, too long, of other letters, or alike in metrics are refused",
    async run(_, wire) {
      for (const name of ["", ".", "..", "a b", "ä", "x".repeat(250)])
        assert.equal(await creation(wire, {}, name), "INVALID_TOPIC_EXCEPTION", name);
      const name = fresh("alike");
      await createTopic(wire, `${name}.x`);
      assert.equal(await creation(wire, {}, `${name}_x`), "INVALID_TOPIC_EXCEPTION");
    },
  },
  {
    name: "numbers of partitions and replicas that cannot be are refused",
    async run(_, wire) {
      assert.equal(await creation(wire, { partitions: 0 }), "INVALID_PARTITIONS");
      assert.equal(await creation(wire, { partitions: -2 }), "INVALID_PARTITIONS");
      assert.equal(await creation(wire, { partitions: -1 }), "NONE");
      assert.equal(await creation(wire, { replicationFactor: 3 }), "INVALID_REPLICATION_FACTOR");
      assert.equal(await creation(wire, { replicationFactor: 0 }), "INVALID_REPLICATION_FACTOR");
      assert.equal(await creation(wire, { replicationFactor: 1 }), "NONE");
    },
  },
  {
    name: "partitions can be placed by hand, on the broker that there is",
    async run(_, wire) {
      const twice = [
        [0, [1]],
        [1, [1]],
      ] as const;
      assert.equal((await tryCreateTopic(wire, fresh("placed"), { assignments: twice })).partitions, 2);
      assert.equal(await creation(wire, { assignments: twice, partitions: 2 }), "INVALID_REQUEST");
      assert.equal(await creation(wire, { assignments: [[1, [1]]] }), "INVALID_REPLICA_ASSIGNMENT");
      assert.equal(await creation(wire, { assignments: [[0, [7]]] }), "INVALID_REPLICA_ASSIGNMENT");
    },
  },
  {
    name: "a configuration that is not known, or has a value that cannot be, is refused in words",
    async run(_, wire) {
      const unknown = await tryCreateTopic(wire, fresh("config"), { config: { foo: "1" } });
      assert.deepEqual([named(unknown), unknown.message], ["INVALID_CONFIG", "Unknown topic config name: foo"]);
      const letters = await tryCreateTopic(wire, fresh("config"), { config: { "retention.ms": "x" } });
      assert.equal(letters.message, "Invalid value x for configuration retention.ms: Not a number of type LONG");
      for (const [key, value] of [
        ["retention.ms", "-2"],
        ["retention.ms", null],
        ["retention.ms", "5.0"],
        ["retention.ms", ""],
        ["cleanup.policy", "nix"],
        ["cleanup.policy", "DELETE"],
        ["max.message.bytes", "-1"],
        ["max.message.bytes", "2147483648"],
        ["segment.bytes", "1000"],
        ["compression.type", "foo"],
        ["compression.zstd.level", "30"],
        ["compression.gzip.level", "0"],
        ["message.timestamp.type", "X"],
        ["remote.storage.enable", "true"],
        ["preallocate", "maybe"],
        ["min.cleanable.dirty.ratio", "2"],
        ["message.format.version", "3.0"],
        ["leader.replication.throttled.replicas", "abc"],
        ["max.decompressed.message.bytes", "0"],
      ] as const)
        assert.equal(await configuration(wire, key, value), "INVALID_CONFIG", `${key}=${value}`);
      const lags = { "min.compaction.lag.ms": "10", "max.compaction.lag.ms": "5" };
      assert.equal(await creation(wire, { config: lags }), "INVALID_CONFIG");
    },
  },
  {
    name: "configurations that Kafka takes are taken",
    async run(_, wire) {
      for (const [key, value] of [
        ["retention.ms", "-1"],
        ["retention.ms", " 5 "],
        ["retention.bytes", "-5"],
        ["cleanup.policy", "compact"],
        ["cleanup.policy", "compact,delete"],
        ["cleanup.policy", ""],
        ["segment.bytes", "1048576"],
        ["min.insync.replicas", "2"],
        ["unclean.leader.election.enable", "TRUE"],
        ["leader.replication.throttled.replicas", "*"],
        ["leader.replication.throttled.replicas", "0:1,1:1"],
      ] as const)
        assert.equal(await configuration(wire, key, value), "NONE", `${key}=${value}`);
    },
  },
  {
    name: "a topic's configuration is described: its own values, and the defaults",
    async run(_, wire) {
      const topic = await createTopic(wire, fresh("described"), { config: { "retention.ms": "1000" } });
      const { entries } = await describeConfigs(wire, topicResource, topic);
      assert.deepEqual(entries["retention.ms"], { value: "1000", source: 1, type: 5, synonyms: ["retention.ms=1000"] });
      const policy = { value: "delete", source: 5, type: 7, synonyms: ["log.cleanup.policy=delete"] };
      assert.deepEqual(entries["cleanup.policy"], policy);
      assert.equal(Object.keys(entries).length, 37);
      const some = await describeConfigs(wire, topicResource, topic, ["max.message.bytes", "nix"]);
      assert.deepEqual(
        Object.entries(some.entries).map(([key, { value }]) => `${key}=${value}`),
        ["max.message.bytes=1048588"],
      );
      const missing = await describeConfigs(wire, topicResource, fresh("missing"));
      assert.equal(named(missing), "UNKNOWN_TOPIC_OR_PARTITION");
    },
  },
  {
    name: "the broker's configuration is described",
    async run(_, wire) {
      const { entries } = await describeConfigs(wire, brokerResource, "1", ["node.id", "num.partitions"]);
      assert.deepEqual([entries["node.id"]?.value, entries["num.partitions"]?.value], ["1", "1"]);
      assert.equal(named(await describeConfigs(wire, brokerResource, "7")), "INVALID_REQUEST");
      assert.equal(named(await describeConfigs(wire, brokerResource, "")), "NONE");
    },
  },
  {
    name: "a topic's configuration is changed, obeyed, and set back",
    async run(_, wire) {
      const topic = await createTopic(wire, fresh("altered"));
      const large = (): Promise<string> => produce(wire, topic, batchOf(["x".repeat(300)])).then(named);
      assert.equal(await large(), "NONE");
      assert.equal(await alterConfigs(wire, topic, [[0, "max.message.bytes", "200"]]), 0);
      assert.equal(await eventually(large, (answer) => answer !== "NONE"), "MESSAGE_TOO_LARGE");
      assert.equal(await alterConfigs(wire, topic, [[1, "max.message.bytes", null]]), 0);
      assert.equal(await eventually(large, (answer) => answer === "NONE"), "NONE");
    },
  },
  {
    name: "lists are added to and taken from",
    async run(_, wire) {
      const topic = await createTopic(wire, fresh("altered"));
      const policy = async (): Promise<string | null | undefined> =>
        (await describeConfigs(wire, topicResource, topic)).entries["cleanup.policy"]?.value;
      assert.equal(await alterConfigs(wire, topic, [[2, "cleanup.policy", "compact"]]), 0);
      assert.equal(await eventually(policy, (value) => value !== "delete"), "delete,compact");
      assert.equal(await alterConfigs(wire, topic, [[3, "cleanup.policy", "delete"]]), 0);
      assert.equal(await eventually(policy, (value) => value !== "delete,compact"), "compact");
    },
  },
  {
    name: "changes that cannot be are refused, a trial changes nothing",
    async run(_, wire) {
      const topic = await createTopic(wire, fresh("altered"));
      const change = async (...changes: Parameters<typeof alterConfigs>[2]): Promise<string> =>
        named({ errorCode: await alterConfigs(wire, topic, changes) });
      assert.equal(await change([0, "foo", "1"]), "INVALID_CONFIG");
      assert.equal(await change([0, "retention.ms", "x"]), "INVALID_CONFIG");
      assert.equal(await change([2, "retention.ms", "1"]), "INVALID_CONFIG");
      assert.equal(await change([0, "retention.ms", "1"], [1, "retention.ms", null]), "INVALID_REQUEST");
      assert.equal(await alterConfigs(wire, topic, [[0, "retention.ms", "7"]], true), 0);
      const { entries } = await describeConfigs(wire, topicResource, topic);
      assert.equal(entries["retention.ms"]?.source, 5);
      const missing = await alterConfigs(wire, fresh("missing"), [[0, "retention.ms", "1"]]);
      assert.equal(named({ errorCode: missing }), "UNKNOWN_TOPIC_OR_PARTITION");
    },
  },
  {
    name: "a whole configuration replaces the one before; what cannot be is refused and changes nothing",
    async run(_, wire) {
      const config = { "max.message.bytes": "9000", "retention.ms": "1000" };
      const topic = await createTopic(wire, fresh("replaced"), { config });
      const own = async (): Promise<string> => {
        const { entries } = await describeConfigs(wire, topicResource, topic);
        return Object.entries(entries)
          .filter(([, { source }]) => source === 1)
          .map(([name, { value }]) => `${name}=${value}`)
          .sort()
          .join(" ");
      };
      const replace = async (
        ...args: Parameters<typeof replaceConfigs> extends [unknown, unknown, ...infer R] ? R : never
      ) => named({ errorCode: await replaceConfigs(wire, topic, ...args) });
      const before = "max.message.bytes=9000 retention.ms=1000";
      assert.equal(await replace([["segment.ms", "5000"]], { isTrial: true }), "NONE");
      assert.equal(await replace([["foo", "1"]]), "INVALID_CONFIG");
      assert.equal(await replace([["segment.ms", "x"]]), "INVALID_CONFIG");
      assert.equal(await replace([["segment.ms", "x"]], { isTrial: true }), "INVALID_CONFIG");
      assert.equal(await replace([["segment.ms", null]]), "INVALID_REQUEST");
      assert.equal(
        await replace([
          ["segment.ms", "1"],
          ["segment.ms", "2"],
        ]),
        "INVALID_REQUEST",
      );
      assert.equal(await replace([["segment.ms", "1"]], { type: 7 }), "INVALID_REQUEST");
      assert.equal(await own(), before);
      const replacement = [
        ["segment.ms", " 5000 "],
        ["cleanup.policy", " compact, compact"],
      ] as const;
      assert.equal(await replace(replacement), "NONE");
      assert.equal(await eventually(own, (value) => value !== before), "cleanup.policy=compact segment.ms=5000");
      assert.equal(await replace([]), "NONE");
      assert.equal(await eventually(own, (value) => value === ""), "");
      for (const [name, expected] of [
        [fresh("missing"), "UNKNOWN_TOPIC_OR_PARTITION"],
        ["bad name", "INVALID_TOPIC_EXCEPTION"],
        ["", "INVALID_REQUEST"],
      ] as const)
        assert.equal(named({ errorCode: await replaceConfigs(wire, name, [["segment.ms", "1"]]) }), expected);
    },
  },
  {
    name: "a topic that was deleted is gone; another of its name is empty",
    async run(_, wire) {
      const topic = await createTopic(wire, fresh("deleted"));
      await produce(wire, topic, batchOf(["a"]));
      assert.equal(await deleteTopic(wire, topic), 0);
      const gone = await eventually(
        () => fetch(wire, topic, 0),
        ({ errorCode }) => errorCode !== 0,
      );
      assert.equal(named(gone), "UNKNOWN_TOPIC_OR_PARTITION");
      assert.equal(named({ errorCode: await deleteTopic(wire, topic) }), "UNKNOWN_TOPIC_OR_PARTITION");
      await createTopic(wire, topic);
      assert.equal((await whenReady(() => listOffset(wire, topic, -1))).offset, 0);
    },
  },
  {
    name: "a topic gets more partitions, never fewer",
    async run(_, wire) {
      const topic = await createTopic(wire, fresh("grown"), { partitions: 2 });
      const grow = async (count: number, options: Parameters<typeof createPartitions>[3] = {}): Promise<string> =>
        named({ errorCode: await createPartitions(wire, topic, count, options) });
      assert.equal(await grow(3, { isTrial: true }), "NONE");
      assert.equal(await grow(2), "INVALID_PARTITIONS");
      assert.equal(await grow(1), "INVALID_PARTITIONS");
      assert.equal(await grow(4, { assignments: [[1]] }), "INVALID_REPLICA_ASSIGNMENT");
      assert.equal(await grow(3, { assignments: [[7]] }), "INVALID_REPLICA_ASSIGNMENT");
      assert.equal(await grow(3, { assignments: [[1]] }), "NONE");
      const last = await whenReady(() => listOffset(wire, topic, -1, { partition: 2 }), [3]);
      assert.equal(last.offset, 0);
      const missing = await createPartitions(wire, fresh("missing"), 3);
      assert.equal(named({ errorCode: missing }), "UNKNOWN_TOPIC_OR_PARTITION");
    },
  },
];
