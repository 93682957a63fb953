import { fetch, listOffset, produce } from "./data-requests.ts";
import {
  commitOffset,
  deleteGroup,
  deleteOffset,
  describeGroup,
  fetchOffset,
  heartbeat,
  joinOnce,
  leave,
  listGroups,
  sync,
} from "./group-requests.ts";
import { batchOf } from "./records-of.ts";
import {
  alterConfigs,
  createPartitions,
  deleteRecords,
  deleteTopic,
  describeConfigs,
  replaceConfigs,
  tryCreateTopic,
} from "./topic-requests.ts";
import {
  addOffsets,
  addPartitions,
  describeProducers,
  describeTransaction,
  endTxn,
  initProducerId,
  listTransactions,
  txnOffsetCommit,
} from "./transaction-requests.ts";
import { requestFrame, type WireConnection } from "./wire-connection.ts";

/** A good request of every kind, without its length: about this topic, group and transactional id. */
export function sampleRequests(topic: string, group: string, transactionalId: string): Buffer[] {
  const requests: Buffer[] = [];
  const recorder = {
    request: (...[api, version, write]: Parameters<WireConnection["request"]>) => {
      requests.push(Buffer.concat(requestFrame(api, version, 7, write)).subarray(4));
      return new Promise(() => {});
    },
  } as unknown as WireConnection;
  const claim = { generation: 1, memberId: "member", instanceId: "instance" };
  const producer = { producerId: 1_000, epoch: 0 };
  const identity = { producerId: 1_000, producerEpoch: 0, baseSequence: 0 };
  const asked: Promise<unknown>[] = [
    produce(recorder, topic, batchOf(["a", "b"])),
    produce(recorder, topic, batchOf(["a".repeat(200)], { compression: "gzip", ...identity })),
    produce(recorder, topic, batchOf(["a"], { isTransactional: true, ...identity }), { transactionalId }),
    fetch(recorder, topic, 0, { isolation: "read_committed" }),
    listOffset(recorder, topic, -1),
    listOffset(recorder, topic, 5_000),
    tryCreateTopic(recorder, topic, { partitions: 2, config: { "retention.ms": "1000" } }),
    tryCreateTopic(recorder, topic, { assignments: [[0, [1]]] }),
    deleteTopic(recorder, "other"),
    createPartitions(recorder, topic, 3, { assignments: [[1]] }),
    deleteRecords(recorder, topic, 1),
    describeConfigs(recorder, 2, topic, ["retention.ms"]),
    alterConfigs(recorder, topic, [[2, "cleanup.policy", "compact"]]),
    replaceConfigs(recorder, topic, [["retention.ms", "1000"]]),
    initProducerId(recorder, transactionalId),
    addPartitions(recorder, transactionalId, producer, [[topic, 0]]),
    addOffsets(recorder, transactionalId, producer, group),
    txnOffsetCommit(recorder, transactionalId, producer, group, { topic, offset: 5 }),
    endTxn(recorder, transactionalId, producer, true),
    describeTransaction(recorder, transactionalId),
    listTransactions(recorder, { states: ["Ongoing"], producerIds: [1_000] }),
    describeProducers(recorder, topic),
    joinOnce(recorder, group, { instanceId: "instance" }),
    sync(recorder, group, claim, { member: "assignment" }),
    heartbeat(recorder, group, claim),
    leave(recorder, group, [claim]),
    commitOffset(recorder, group, { topic, offset: 5, metadata: "m" }, claim),
    fetchOffset(recorder, group, topic, { isStrict: true }),
    describeGroup(recorder, group),
    listGroups(recorder, ["Stable"]),
    deleteGroup(recorder, group),
    deleteOffset(recorder, group, topic),
    recorder.request("apiVersions", 3, (writer) => writer.string("n").string("v").tags()),
    recorder.request("findCoordinator", 4, (writer) =>
      writer
        .int8(0)
        .array([group], (key) => writer.string(key))
        .tags(),
    ),
    recorder.request("metadata", 12, (writer) => {
      writer.array([topic], () => writer.uuid("0".repeat(32)).string(topic).tags());
      writer.boolean(true).boolean(false).tags();
    }),
    recorder.request("offsetForLeaderEpoch", 4, (writer) => {
      writer.int32(-1).array([topic], () => {
        writer.string(topic).array([0], () => writer.int32(0).int32(-1).int32(0).tags());
        writer.tags();
      });
      writer.tags();
    }),
    recorder.request("describeCluster", 0, (writer) => writer.boolean(false).tags()),
  ];
  // Nobody answers them.
  for (const promise of asked) promise.catch(() => {});
  return requests;
}
