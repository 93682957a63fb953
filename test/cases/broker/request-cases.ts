import assert from "node:assert/strict";
import { apiKeys } from "../../../src/kafka/protocol/api-keys.ts";
import { ByteReader } from "../../../src/kafka/protocol/byte-reader.ts";
import { ByteWriter } from "../../../src/kafka/protocol/byte-writer.ts";
import { FrameSplitter } from "../../../src/kafka/protocol/frame-splitter.ts";
import { readTopics, writeTopics } from "../../../src/kafka/protocol/topic-partitions.ts";
import { fetch, listOffset, produce } from "../../support/wire/data-requests.ts";
import { heartbeat, join, sync } from "../../support/wire/group-requests.ts";
import { batchOf, linesOf } from "../../support/wire/records-of.ts";
import { createTopic } from "../../support/wire/topic-requests.ts";
import { requestFrame } from "../../support/wire/wire-connection.ts";
import { type BrokerCase, type CaseBroker, fresh, named } from "./case.ts";

/** Sends bytes on a connection of their own and waits until the broker has ended it; then the broker must still be there. */
async function endsConnection(broker: CaseBroker, ...parts: readonly Uint8Array[]): Promise<void> {
  const wire = await broker.connect();
  wire.send(parts);
  await wire.closed;
  const other = await broker.connect();
  assert.equal(named(await listOffset(other, fresh("missing"), -1)), "UNKNOWN_TOPIC_OR_PARTITION");
}

function framed(body: Uint8Array): Buffer[] {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return [length, Buffer.from(body)];
}

/** The answer to a frame of bytes. */
async function answerTo(broker: CaseBroker, body: Uint8Array): Promise<Buffer> {
  const { socket } = await broker.connect();
  socket.removeAllListeners("data");
  const answer = new Promise<Buffer>((resolve) => {
    const splitter = new FrameSplitter(resolve);
    socket.on("data", (chunk: Buffer) => splitter.push(chunk));
  });
  for (const part of framed(body)) socket.write(part);
  return answer;
}

function header(api: number, version: number): ByteWriter {
  return new ByteWriter().int16(api).int16(version).int32(7).string("wire");
}

const bodyOf = (writer: ByteWriter): Buffer => Buffer.concat(writer.parts());

/** The bytes of a good request, without its length. */
function listOffsetsBody(): Buffer {
  const parts = requestFrame("listOffsets", 7, 0, (writer) => {
    writer
      .int32(-1)
      .int8(0)
      .array([], () => {})
      .tags();
  });
  return Buffer.concat(parts).subarray(4);
}

/** The bit of each operation that a client without restrictions may do. */
const allOperations = { cluster: 8_096, topic: 3_576, group: 3_400 } as const;

export const requestCases: readonly BrokerCase[] = [
  {
    name: "what is named twice in a request is refused, or done once",
    async run(_, wire) {
      const topic = await createTopic(wire, fresh("twice"));
      const twice = await wire.request("listOffsets", 7, (writer) => {
        writer.int32(-1).int8(0);
        writeTopics(writer, [{ topic, partitions: [-1, -2] }], (time) => writer.int32(0).int32(-1).int64(time).tags());
        writer.tags();
      });
      twice.int32();
      const listed = readTopics(twice, () => {
        twice.int32();
        const errorCode = twice.int16();
        twice.skip(20);
        twice.tags();
        return named({ errorCode });
      });
      assert.equal(listed[0]?.partitions[0], "INVALID_REQUEST");
      const groups = await wire.request("deleteGroups", 2, (writer) =>
        writer.array(["nobody", "nobody"], (id) => writer.string(id)).tags(),
      );
      groups.int32();
      const deleted = groups.array(() => {
        const [id, errorCode] = [groups.string(), groups.int16()];
        groups.tags();
        return [id, named({ errorCode })];
      });
      assert.deepEqual(deleted, [["nobody", "GROUP_ID_NOT_FOUND"]]);
      const topics = await wire.request("deleteTopics", 5, (writer) =>
        writer
          .array([topic, topic], (name) => writer.string(name))
          .int32(5_000)
          .tags(),
      );
      topics.int32();
      const refused = topics.array(() => {
        const [, errorCode] = [topics.string(), topics.int16(), topics.nullableString()];
        topics.tags();
        return named({ errorCode });
      });
      assert.deepEqual(refused, ["INVALID_REQUEST"]);
      assert.equal(named(await listOffset(wire, topic, -1)), "NONE");
    },
  },
  {
    name: "the youngest record is not told in versions that do not know of it",
    async run(_, wire) {
      const topic = await createTopic(wire, fresh("versions"));
      const answer = await wire.request("listOffsets", 5, (writer) => {
        writer.int32(-1).int8(0);
        writeTopics(writer, [{ topic, partitions: [0] }], () => writer.int32(0).int32(-1).int64(-3));
      });
      answer.int32();
      const [found] = readTopics(answer, () => {
        answer.int32();
        const errorCode = answer.int16();
        answer.skip(20);
        return named({ errorCode });
      });
      assert.equal(found?.partitions[0], "UNSUPPORTED_VERSION");
    },
  },
  {
    name: "a client whose software has no proper name is refused",
    async run(_, wire) {
      for (const [name, expected] of [
        ["good-name.1", "NONE"],
        ["bad name!", "INVALID_REQUEST"],
        ["-dash", "INVALID_REQUEST"],
        ["", "INVALID_REQUEST"],
      ] as const) {
        const answer = await wire.request("apiVersions", 3, (writer) => writer.string(name).string("1.0").tags());
        assert.equal(named({ errorCode: answer.int16() }), expected, name);
      }
    },
  },
  {
    name: "who asks is told what may be done with the cluster, topics and groups: everything",
    async run(_, wire) {
      const topic = await createTopic(wire, fresh("operations"));
      for (const isAsked of [true, false]) {
        const topics = await wire.request("metadata", 9, (writer) =>
          writer
            .array([topic], (name) => writer.string(name).tags())
            .boolean(false)
            .boolean(isAsked)
            .boolean(isAsked)
            .tags(),
        );
        // The answer ends with those of the topic, its tags, those of the cluster, and tags.
        const operations = [topics.buffer.readInt32BE(topics.end - 10), topics.buffer.readInt32BE(topics.end - 5)];
        const none = -(2 ** 31);
        const { cluster, group } = allOperations;
        assert.deepEqual(operations, isAsked ? [allOperations.topic, cluster] : [none, none]);
        const described = await wire.request("describeCluster", 1, (writer) => writer.boolean(isAsked).int8(1).tags());
        assert.equal(described.buffer.readInt32BE(described.end - 5), isAsked ? cluster : none);
        const groups = await wire.request("describeGroups", 5, (writer) =>
          writer
            .array(["nobody"], (id) => writer.string(id))
            .boolean(isAsked)
            .tags(),
        );
        assert.equal(groups.buffer.readInt32BE(groups.end - 6), isAsked ? group : none);
      }
    },
  },
  {
    name: "brokers are no controllers",
    async run(_, wire) {
      for (const [type, expected] of [
        [2, "MISMATCHED_ENDPOINT_TYPE"],
        [7, "UNSUPPORTED_ENDPOINT_TYPE"],
      ] as const) {
        const answer = await wire.request("describeCluster", 1, (writer) => writer.boolean(false).int8(type).tags());
        answer.int32();
        assert.equal(named({ errorCode: answer.int16() }), expected);
      }
    },
  },
  {
    name: "a version of ApiVersions that is not known is answered in the first",
    async run(broker) {
      // Behind the client's id its header has tags, as that of every newer version.
      const body = bodyOf(header(apiKeys.apiVersions, 99).unsignedVarint(0));
      const answer = new ByteReader(await answerTo(broker, body));
      assert.deepEqual([answer.int32(), named({ errorCode: answer.int16() })], [7, "UNSUPPORTED_VERSION"]);
    },
  },
  {
    name: "every version of ApiVersions lists itself",
    async run(_, wire) {
      for (const version of [0, 1, 2, 3]) {
        const answer = await wire.request("apiVersions", version, (writer) => {
          if (version >= 3) writer.string("wire").string("1").tags();
        });
        assert.equal(answer.int16(), 0);
        const keys = answer.array(() => {
          const [key] = [answer.int16(), answer.int16(), answer.int16()];
          answer.tags();
          return key;
        });
        assert.ok(keys.includes(apiKeys.apiVersions), `version ${version}`);
      }
    },
  },
  {
    name: "an API or version that is not spoken ends the connection",
    async run(broker) {
      await endsConnection(broker, ...framed(bodyOf(header(999, 0))));
      await endsConnection(broker, ...framed(bodyOf(header(-1, 0))));
      await endsConnection(broker, ...framed(bodyOf(header(apiKeys.metadata, 99))));
      await endsConnection(broker, ...framed(bodyOf(header(apiKeys.produce, 0))));
    },
  },
  {
    name: "bytes that are no Kafka request end the connection",
    async run(broker) {
      await endsConnection(broker, Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
      await endsConnection(broker, Buffer.from([0xff, 0xff, 0xff, 0xff]));
      await endsConnection(broker, Buffer.from([0x7f, 0xff, 0xff, 0xff]));
      await endsConnection(broker, ...framed(Buffer.alloc(0)));
      await endsConnection(broker, ...framed(Buffer.from([0, 2, 0])));
    },
  },
  {
    name: "a request that ends early ends the connection",
    async run(broker) {
      const whole = listOffsetsBody();
      for (const length of [10, whole.length - 1]) await endsConnection(broker, ...framed(whole.subarray(0, length)));
    },
  },
  {
    name: "lengths and counts that lie end the connection",
    async run(broker) {
      const lying = [2_147_483_647, 1_000_000, -2].map((count) => {
        const writer = header(apiKeys.createTopics, 2).int32(count);
        return bodyOf(writer.string("topic"));
      });
      const name = bodyOf(header(apiKeys.findCoordinator, 0).int16(32_767));
      for (const body of [...lying, name]) await endsConnection(broker, ...framed(body));
    },
  },
  {
    name: "a request of which only a part comes leaves others alone",
    async run(broker, wire) {
      const half = await broker.connect();
      half.send(framed(listOffsetsBody()).map((part, i) => (i === 0 ? part : part.subarray(0, 9))));
      const huge = await broker.connect();
      huge.send([Buffer.from([6, 0, 0, 0, 0, 0])]);
      const topic = await createTopic(wire, fresh("alone"));
      assert.equal(named(await produce(wire, topic, batchOf(["a"]))), "NONE");
    },
  },
  {
    name: "pieces of a request make a whole one",
    async run(_, wire) {
      const topic = await createTopic(wire, fresh("pieces"));
      wire.socket.setNoDelay(true);
      const pieces = wire.socket.write.bind(wire.socket);
      wire.send = (parts) => {
        for (const byte of Buffer.concat(parts)) pieces(Buffer.from([byte]));
      };
      assert.equal(named(await produce(wire, topic, batchOf(["a"]))), "NONE");
    },
  },
  {
    name: "requests that were sent together are answered in their order",
    async run(_, wire) {
      const topic = await createTopic(wire, fresh("pipelined"));
      const order: number[] = [];
      const values = Array.from({ length: 200 }, (_value, i) => `${i}`);
      await Promise.all(
        values.map(async (value, i) => {
          assert.equal((await produce(wire, topic, batchOf([value]))).baseOffset, i);
          order.push(i);
        }),
      );
      assert.deepEqual(order, [...values.keys()]);
      assert.deepEqual(
        linesOf((await fetch(wire, topic, 0)).batches),
        values.map((value) => `${value}:${value}`),
      );
    },
  },
  {
    name: "a request waits until the one before it on its connection is answered",
    async run(_, wire) {
      const topic = await createTopic(wire, fresh("in-order"));
      const waiting = fetch(wire, topic, 0, { maxWaitMs: 300 });
      const produced = produce(wire, topic, batchOf(["a"]));
      assert.equal((await waiting).batches.length, 0);
      assert.equal(named(await produced), "NONE");
    },
  },
  {
    name: "a member that is silent for its session's time is left out",
    isSlow: true,
    async run(broker, wire) {
      const group = fresh("silent");
      const silent = await join(wire, group, { sessionTimeoutMs: 6_000 });
      await sync(wire, group, silent, { [silent.memberId]: "a" });
      const other = await broker.connect();
      const startedAt = performance.now();
      const joined = await join(other, group, { sessionTimeoutMs: 6_000, rebalanceTimeoutMs: 60_000 });
      const waitedMs = performance.now() - startedAt;
      assert.deepEqual([joined.leader, joined.members.length], [joined.memberId, 1]);
      assert.ok(waitedMs > 4_000 && waitedMs < 30_000, `${waitedMs} ms`);
      assert.equal(named({ errorCode: await heartbeat(wire, group, silent) }), "UNKNOWN_MEMBER_ID");
    },
  },
];
