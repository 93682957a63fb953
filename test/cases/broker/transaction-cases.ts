import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { kafkaErrors } from "../../../src/kafka/protocol/kafka-error-codes.ts";
import { endOf, fetch, listOffset, produce, whenReady } from "../../support/wire/data-requests.ts";
import { commitOffset, fetchOffset } from "../../support/wire/group-requests.ts";
import { batchOf, linesOf } from "../../support/wire/records-of.ts";
import { createTopic } from "../../support/wire/topic-requests.ts";
import {
  addOffsets,
  addPartitions,
  describeProducers,
  describeTransaction,
  endTxn,
  type Identity,
  initProducerId,
  listTransactions,
  txnOffsetCommit,
} from "../../support/wire/transaction-requests.ts";
import type { WireConnection } from "../../support/wire/wire-connection.ts";
import { type BrokerCase, fresh, named } from "./case.ts";

const name = (errorCode: number | undefined): string => named({ errorCode: errorCode ?? -2 });

/** A transactional producer that counts its sequences. */
class Producer {
  readonly id: string;
  readonly wire: WireConnection;
  identity: Identity = { errorCode: -1, producerId: -1, epoch: -1 };
  readonly #sequences = new Map<string, number>();

  constructor(wire: WireConnection, id: string = fresh("transactional")) {
    this.wire = wire;
    this.id = id;
  }

  static async start(wire: WireConnection, id?: string, timeoutMs?: number): Promise<Producer> {
    const producer = new Producer(wire, id);
    producer.identity = await initProducerId(wire, producer.id, timeoutMs === undefined ? {} : { timeoutMs });
    assert.equal(named(producer.identity), "NONE");
    return producer;
  }

  async begin(...topics: readonly string[]): Promise<void> {
    const codes = await addPartitions(
      this.wire,
      this.id,
      this.identity,
      topics.map((topic) => [topic, 0] as const),
    );
    assert.deepEqual(
      codes.map(name),
      topics.map(() => "NONE"),
    );
  }

  async send(topic: string, values: readonly string[]): Promise<string> {
    const { producerId, epoch: producerEpoch } = this.identity;
    const baseSequence = this.#sequences.get(topic) ?? 0;
    const batch = batchOf(values, { producerId, producerEpoch, baseSequence, isTransactional: true });
    // What Kafka answers while it can't ask the coordinator yet whether the partition was added.
    const unsure = [kafkaErrors.NOT_ENOUGH_REPLICAS.code];
    const produced = await whenReady(() => produce(this.wire, topic, batch, { transactionalId: this.id }), unsure);
    if (produced.errorCode === 0) this.#sequences.set(topic, baseSequence + values.length);
    return named(produced);
  }

  async end(isCommit: boolean): Promise<string> {
    return name(await endTxn(this.wire, this.id, this.identity, isCommit));
  }
}

async function committedLines(wire: WireConnection, topic: string): Promise<string[]> {
  // Markers are written a moment after the end was decided.
  const { offset } = await listOffset(wire, topic, -1);
  for (let attempt = 0; attempt < 200; attempt++) {
    if ((await fetch(wire, topic, 0)).lastStableOffset >= offset) break;
    await delay(10);
  }
  return linesOf((await fetch(wire, topic, 0, { isolation: "read_committed" })).batches);
}

export const transactionCases: readonly BrokerCase[] = [
  {
    name: "a committed transaction ends with a marker, an aborted one is listed",
    async run(_, wire) {
      const topic = await createTopic(wire, fresh("txn"));
      const producer = await Producer.start(wire);
      await producer.begin(topic);
      assert.equal(await producer.send(topic, ["a", "b"]), "NONE");
      assert.equal(await producer.end(true), "NONE");
      await producer.begin(topic);
      await producer.send(topic, ["c"]);
      assert.equal(await producer.end(false), "NONE");
      assert.equal(await endOf(wire, topic, 5), 5);
      const fetched = await fetch(wire, topic, 0, { isolation: "read_committed" });
      assert.deepEqual(linesOf(fetched.batches), ["0:a", "1:b", "2:commit", "3:c", "4:abort"]);
      assert.deepEqual(fetched.aborted, [{ producerId: producer.identity.producerId, firstOffset: 3 }]);
      const plain = await fetch(wire, topic, 0);
      assert.deepEqual([plain.aborted?.length ?? 0, plain.lastStableOffset], [0, 5]);
    },
  },
  {
    name: "readers of committed records wait for an open transaction",
    async run(broker, wire) {
      const topic = await createTopic(wire, fresh("open"));
      await produce(wire, topic, batchOf(["before"]));
      const producer = await Producer.start(wire);
      await producer.begin(topic);
      await producer.send(topic, ["open"]);
      await produce(wire, topic, batchOf(["after"]));
      const { lastStableOffset, highWatermark, batches } = await fetch(wire, topic, 0, { isolation: "read_committed" });
      assert.deepEqual([lastStableOffset, highWatermark, linesOf(batches)], [1, 3, ["0:before"]]);
      assert.equal((await listOffset(wire, topic, -1, { isolation: "read_committed" })).offset, 1);
      const reader = await broker.connect();
      const waiting = fetch(reader, topic, 1, { isolation: "read_committed", maxWaitMs: 20_000 });
      assert.equal(await producer.end(true), "NONE");
      assert.deepEqual(linesOf((await waiting).batches), ["1:open", "2:after", "3:commit"]);
    },
  },
  {
    name: "offsets by time do not tell of records that are not committed yet",
    async run(_, wire) {
      const topic = await createTopic(wire, fresh("open"));
      const producer = await Producer.start(wire);
      await producer.begin(topic);
      await producer.send(topic, ["open"]);
      const committed = await listOffset(wire, topic, 1_000, { isolation: "read_committed" });
      assert.deepEqual(committed, { errorCode: 0, timestamp: -1, offset: -1, leaderEpoch: -1 });
      assert.equal((await listOffset(wire, topic, 1_000)).offset, 0);
      await producer.end(false);
    },
  },
  {
    name: "a batch in a partition that was not added is refused",
    async run(_, wire) {
      const [topic, other] = [await createTopic(wire, fresh("added")), await createTopic(wire, fresh("other"))];
      const producer = await Producer.start(wire);
      assert.equal(await producer.send(topic, ["a"]), "INVALID_TXN_STATE");
      await producer.begin(topic);
      assert.equal(await producer.send(topic, ["a"]), "NONE");
      assert.equal(await producer.send(other, ["a"]), "INVALID_TXN_STATE");
      await producer.end(true);
      assert.equal(await endOf(wire, topic, 2), 2);
      assert.equal(await producer.send(topic, ["late"]), "INVALID_TXN_STATE");
      assert.deepEqual(await committedLines(wire, other), []);
    },
  },
  {
    name: "a transactional batch without a transactional id, or of another's, is refused",
    async run(_, wire) {
      const topic = await createTopic(wire, fresh("whose"));
      const producer = await Producer.start(wire);
      await producer.begin(topic);
      const { producerId, epoch: producerEpoch } = producer.identity;
      const batch = batchOf(["a"], { producerId, producerEpoch, baseSequence: 0, isTransactional: true });
      assert.equal(named(await produce(wire, topic, Buffer.from(batch))), "TRANSACTIONAL_ID_AUTHORIZATION_FAILED");
      const other = await Producer.start(wire);
      const foreign = await produce(wire, topic, Buffer.from(batch), { transactionalId: other.id });
      assert.equal(named(foreign), "INVALID_PRODUCER_ID_MAPPING");
      await producer.end(false);
    },
  },
  {
    name: "inside a transaction a batch that is not part of it is refused",
    async run(_, wire) {
      const topic = await createTopic(wire, fresh("mixed"));
      const producer = await Producer.start(wire);
      await producer.begin(topic);
      await producer.send(topic, ["a"]);
      const { producerId, epoch: producerEpoch } = producer.identity;
      const batch = batchOf(["b"], { producerId, producerEpoch, baseSequence: 1 });
      assert.equal(named(await produce(wire, topic, batch, { transactionalId: producer.id })), "INVALID_TXN_STATE");
      await producer.end(false);
    },
  },
  {
    name: "a successor fences the producer before it and aborts what that one left open",
    async run(_, wire) {
      const topic = await createTopic(wire, fresh("fenced"));
      const zombie = await Producer.start(wire);
      await zombie.begin(topic);
      await zombie.send(topic, ["zombie"]);
      const successor = await Producer.start(wire, zombie.id);
      assert.equal(successor.identity.producerId, zombie.identity.producerId);
      assert.equal(successor.identity.epoch, zombie.identity.epoch + 2);
      assert.equal(await zombie.send(topic, ["late"]), "INVALID_PRODUCER_EPOCH");
      assert.equal(await zombie.end(true), "PRODUCER_FENCED");
      const codes = await addPartitions(wire, zombie.id, zombie.identity, [[topic, 0]]);
      assert.deepEqual(codes.map(name), ["PRODUCER_FENCED"]);
      assert.equal(name(await addOffsets(wire, zombie.id, zombie.identity, "g")), "PRODUCER_FENCED");
      await successor.begin(topic);
      await successor.send(topic, ["mine"]);
      assert.equal(await successor.end(true), "NONE");
      assert.equal(await endOf(wire, topic, 4), 4);
      const { batches, aborted } = await fetch(wire, topic, 0, { isolation: "read_committed" });
      assert.deepEqual(linesOf(batches), ["0:zombie", "1:abort", "2:mine", "3:commit"]);
      assert.deepEqual(aborted, [{ producerId: zombie.identity.producerId, firstOffset: 0 }]);
    },
  },
  {
    name: "older clients know being fenced by its older name",
    async run(_, wire) {
      const topic = await createTopic(wire, fresh("fenced"));
      const zombie = await Producer.start(wire);
      const successor = await Producer.start(wire, zombie.id);
      assert.equal(successor.identity.epoch, zombie.identity.epoch + 1);
      assert.equal(name(await endTxn(wire, zombie.id, zombie.identity, true, 1)), "INVALID_PRODUCER_EPOCH");
      const codes = await addPartitions(wire, zombie.id, zombie.identity, [[topic, 0]], 1);
      assert.deepEqual(codes.map(name), ["INVALID_PRODUCER_EPOCH"]);
      const present = zombie.identity;
      assert.equal(named(await initProducerId(wire, zombie.id, { present, version: 3 })), "INVALID_PRODUCER_EPOCH");
      assert.equal(named(await initProducerId(wire, zombie.id, { present, version: 4 })), "PRODUCER_FENCED");
    },
  },
  {
    name: "a producer that goes on after an error gets the next epoch, and the same one when it asks again",
    async run(_, wire) {
      const { id, identity } = await Producer.start(wire);
      const next = await initProducerId(wire, id, { present: identity });
      assert.deepEqual(next, { ...identity, epoch: identity.epoch + 1 });
      assert.deepEqual(await initProducerId(wire, id, { present: identity }), next);
      assert.equal((await initProducerId(wire, id, { present: next })).epoch, identity.epoch + 2);
      assert.equal(named(await initProducerId(wire, id, { present: identity })), "PRODUCER_FENCED");
    },
  },
  {
    name: "ids and timeouts that cannot be are refused",
    async run(_, wire) {
      assert.equal(named(await initProducerId(wire, "")), "INVALID_REQUEST");
      assert.equal(named(await initProducerId(wire, fresh("t"), { timeoutMs: 0 })), "INVALID_TRANSACTION_TIMEOUT");
      assert.equal(
        named(await initProducerId(wire, fresh("t"), { timeoutMs: 900_001 })),
        "INVALID_TRANSACTION_TIMEOUT",
      );
      const stranger = { producerId: 999_999, epoch: 0 };
      assert.equal(name(await endTxn(wire, fresh("t"), stranger, true)), "INVALID_PRODUCER_ID_MAPPING");
      const { id, identity } = await Producer.start(wire);
      assert.equal(
        name(await endTxn(wire, id, { ...identity, producerId: 999_999 }, true)),
        "INVALID_PRODUCER_ID_MAPPING",
      );
      const first = await initProducerId(wire, null);
      const second = await initProducerId(wire, null);
      assert.notEqual(first.producerId, second.producerId);
    },
  },
  {
    name: "an end that is said again is fine when it says the same",
    async run(_, wire) {
      const topic = await createTopic(wire, fresh("end"));
      const producer = await Producer.start(wire);
      assert.equal(await producer.end(true), "INVALID_TXN_STATE");
      await producer.begin(topic);
      await producer.send(topic, ["a"]);
      assert.deepEqual([await producer.end(true), await producer.end(true)], ["NONE", "NONE"]);
      assert.equal(await producer.end(false), "INVALID_TXN_STATE");
      await producer.begin(topic);
      assert.deepEqual([await producer.end(false), await producer.end(false)], ["NONE", "NONE"]);
      // A marker comes into every partition that was added, with or without records.
      assert.equal(await endOf(wire, topic, 3), 3);
    },
  },
  {
    name: "partitions are added all or none",
    async run(_, wire) {
      const topic = await createTopic(wire, fresh("added"));
      const { id, identity } = await Producer.start(wire);
      const codes = await addPartitions(wire, id, identity, [
        [topic, 0],
        [fresh("missing"), 0],
      ]);
      assert.deepEqual(codes.map(name), ["OPERATION_NOT_ATTEMPTED", "UNKNOWN_TOPIC_OR_PARTITION"]);
      assert.equal(name(await endTxn(wire, id, identity, true)), "INVALID_TXN_STATE");
    },
  },
  {
    name: "a transaction that lasts too long is aborted, its producer fenced",
    async run(_, wire) {
      const topic = await createTopic(wire, fresh("late"));
      const producer = await Producer.start(wire, undefined, 100);
      await producer.begin(topic);
      await producer.send(topic, ["a"]);
      // A real Kafka looks for them every ten seconds.
      for (let attempt = 0; attempt < 200 && (await fetch(wire, topic, 0)).lastStableOffset < 2; attempt++)
        await delay(100);
      assert.equal((await fetch(wire, topic, 0)).lastStableOffset, 2);
      assert.deepEqual(await committedLines(wire, topic), ["0:a", "1:abort"]);
      assert.equal(await producer.end(true), "PRODUCER_FENCED");
      assert.equal((await Producer.start(wire, producer.id)).identity.epoch, producer.identity.epoch + 2);
    },
  },
  {
    name: "a group's offsets come with the commit, and not with an abort",
    async run(_, wire) {
      const [group, topic] = [fresh("group"), await createTopic(wire, fresh("offsets"))];
      await commitOffset(wire, group, { topic, offset: 1 });
      const { id, identity } = await Producer.start(wire);
      assert.equal(await addOffsets(wire, id, identity, group), 0);
      assert.equal(await txnOffsetCommit(wire, id, identity, group, { topic, offset: 5, metadata: "five" }), 0);
      assert.equal((await fetchOffset(wire, group, topic)).offset, 1);
      assert.equal(named(await fetchOffset(wire, group, topic, { isStrict: true })), "UNSTABLE_OFFSET_COMMIT");
      assert.equal(await endTxn(wire, id, identity, true), 0);
      const settled = async (): Promise<Awaited<ReturnType<typeof fetchOffset>>> => {
        for (let attempt = 0; attempt < 200; attempt++) {
          const offset = await fetchOffset(wire, group, topic, { isStrict: true });
          if (offset.errorCode === 0) return offset;
          await delay(10);
        }
        throw new Error("the offset stays unstable");
      };
      assert.deepEqual(await settled(), { errorCode: 0, offset: 5, metadata: "five" });
      assert.equal(await addOffsets(wire, id, identity, group), 0);
      assert.equal(await txnOffsetCommit(wire, id, identity, group, { topic, offset: 9 }), 0);
      assert.equal(await endTxn(wire, id, identity, false), 0);
      assert.equal((await settled()).offset, 5);
    },
  },
  {
    name: "offsets of a group that was not added, of a stranger, or of a fenced producer are refused",
    async run(_, wire) {
      const [group, topic] = [fresh("group"), await createTopic(wire, fresh("offsets"))];
      const { id, identity } = await Producer.start(wire);
      const commit = async (
        who: { producerId: number; epoch: number },
        claim?: { generation: number; memberId: string },
      ): Promise<string> => name(await txnOffsetCommit(wire, id, who, group, { topic, offset: 5 }, claim));
      assert.equal(await commit(identity), "INVALID_TXN_STATE");
      assert.equal(await addOffsets(wire, id, identity, group), 0);
      assert.equal(await commit(identity, { generation: 3, memberId: "nobody" }), "ILLEGAL_GENERATION");
      assert.equal(await commit(identity), "NONE");
      await initProducerId(wire, id);
      assert.equal(await commit(identity), "INVALID_PRODUCER_EPOCH");
    },
  },
  {
    name: "transactions are listed and described while they are open, and after",
    async run(_, wire) {
      const topic = await createTopic(wire, fresh("described"));
      const producer = await Producer.start(wire);
      const { producerId, epoch } = producer.identity;
      const at = { errorCode: 0, timeoutMs: 60_000, producerId, epoch };
      const empty = { ...at, state: "Empty", startMs: -1, topics: [] };
      assert.deepEqual(await describeTransaction(wire, producer.id), empty);
      const beforeMs = Date.now();
      await producer.begin(topic);
      await producer.send(topic, ["a", "b"]);
      const { startMs, ...open } = await describeTransaction(wire, producer.id);
      assert.deepEqual(open, { ...at, state: "Ongoing", topics: [{ topic, partitions: [0] }] });
      assert.ok(startMs >= beforeMs - 1_000 && startMs <= Date.now() + 1_000, `${startMs}`);
      const listed = await listTransactions(wire, { states: ["Ongoing", "nix"], producerIds: [producerId] });
      assert.deepEqual(listed, { lines: [`${producer.id} Ongoing`], unknownStates: ["nix"] });
      const described = { producerId, epoch, lastSequence: 1, coordinatorEpoch: -1, openOffset: 0 };
      assert.deepEqual(await describeProducers(wire, topic), { errorCode: 0, producers: [described] });
      await producer.end(true);
      assert.equal(await endOf(wire, topic, 3), 3);
      const { producers } = await describeProducers(wire, topic);
      assert.deepEqual(producers, [{ ...described, coordinatorEpoch: 0, openOffset: -1 }]);
      assert.deepEqual((await listTransactions(wire, { states: ["Ongoing"], producerIds: [producerId] })).lines, []);
      const missing = await describeTransaction(wire, fresh("missing"));
      assert.equal(named(missing), "TRANSACTIONAL_ID_NOT_FOUND");
      assert.equal(named(await describeProducers(wire, fresh("missing"))), "UNKNOWN_TOPIC_OR_PARTITION");
    },
  },
];
