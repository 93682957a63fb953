// What a broker of the cluster answers: with the embedded broker's handlers, after it has looked whether it is the one to answer, and
// not before what it says is in all logs that are in sync.
import { type ApiEntry, apiTable } from "../../../src/broker/api-table.ts";
import type { BrokerState } from "../../../src/broker/broker-state.ts";
import { failedJoin, failedSync } from "../../../src/broker/groups/consumer-group.ts";
import type { GroupStore } from "../../../src/broker/groups/group-store.ts";
import type { Handler, RequestContext } from "../../../src/broker/handlers/handler.ts";
import {
  append,
  failed,
  type PartitionProduce,
  type ProduceTerms,
  readProduce,
  writeProduced,
} from "../../../src/broker/handlers/records/produce.ts";
import type { AppendResult } from "../../../src/broker/log/partition-log.ts";
import type { TransactionPartition } from "../../../src/broker/transactions/transaction.ts";
import type {
  ProducerIdentity,
  TransactionCoordinator,
} from "../../../src/broker/transactions/transaction-coordinator.ts";
import { type ApiName, apiKeys } from "../../../src/kafka/protocol/api-keys.ts";
import { ByteReader } from "../../../src/kafka/protocol/byte-reader.ts";
import { ByteWriter } from "../../../src/kafka/protocol/byte-writer.ts";
import { kafkaErrors } from "../../../src/kafka/protocol/kafka-error-codes.ts";
import { writeTopics } from "../../../src/kafka/protocol/topic-partitions.ts";
import { batchField } from "../../../src/kafka/record-batch/batch-header.ts";
import type { Broker } from "./broker.ts";
import { GroupPart } from "./group-part.ts";
import { type CoordinatorKind, idOf, statePartitionOf, stateTopics } from "./partition-state.ts";
import type { TransactionPart } from "./transaction-part.ts";

/** Kafka's offsets.commit.timeout.ms. */
const stateMs = 5_000;

/** As they are in the embedded broker. */
const same: readonly ApiName[] = [
  ...(["apiVersions", "metadata", "findCoordinator", "describeCluster", "describeConfigs"] as const),
  ...(["fetch", "listOffsets", "offsetForLeaderEpoch", "describeProducers"] as const),
];
const ofGroups: readonly ApiName[] = [
  ...(["offsetCommit", "offsetFetch", "heartbeat", "joinGroup", "syncGroup", "leaveGroup"] as const),
];
const ofTransactions: readonly ApiName[] = ["addPartitionsToTxn", "addOffsetsToTxn", "endTxn"];

export function clusterApis(broker: Broker): ReadonlyMap<number, ApiEntry> {
  const entry = (name: ApiName): ApiEntry => apiTable.get(apiKeys[name]) as ApiEntry;
  const coordinated = (
    name: ApiName,
    kind: CoordinatorKind,
    keyOf: (reader: ByteReader) => string | null = (reader) => reader.string(),
  ): readonly [number, ApiEntry] => {
    const { handler, ...versions } = entry(name);
    // From version 8 on it asks for several groups.
    const max = name === "offsetFetch" ? 7 : versions.max;
    return [apiKeys[name], { ...versions, max, handler: coordinate(broker, name, kind, handler, keyOf) }];
  };
  return new Map([
    ...same.map((name) => [apiKeys[name], entry(name)] as const),
    ...ofGroups.map((name) => coordinated(name, "group")),
    ...ofTransactions.map((name) => coordinated(name, "transaction")),
    coordinated("initProducerId", "transaction", (reader) => reader.nullableString()),
    coordinated("txnOffsetCommit", "group", (reader) => {
      reader.string();
      return reader.string();
    }),
    [apiKeys.produce, { ...entry("produce"), handler: produceOf(broker) }],
  ]);
}

/** Answers when all that are in sync have the records, or one was refused. */
function produceOf(broker: Broker): Handler {
  return async (context) => {
    const { terms, topics } = readProduce(context);
    const verify = (id: string, producer: ProducerIdentity, place: TransactionPartition): number =>
      broker.cluster.verify(broker, id, producer, place);
    const transactions = { verify } as TransactionCoordinator;
    const state = { ...context.broker, transactions };
    const results = topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map((request) => ({
        partition: request.partition,
        result: replicated(broker, state, request, terms),
      })),
    }));
    const done = [];
    for (const { topic, partitions } of results) {
      const own = [];
      for (const { partition, result } of partitions) own.push({ partition, ...(await result) });
      done.push({ topic, partitions: own });
    }
    writeProduced(context, terms, done);
    return undefined;
  };
}

async function replicated(
  broker: Broker,
  state: BrokerState,
  request: PartitionProduce,
  terms: ProduceTerms,
): Promise<AppendResult> {
  const { topic, partition, records } = request;
  const replica = broker.replicas.get(idOf(topic, partition));
  if (replica?.isLeader && terms.acks === -1 && !replica.hasEnoughInSync)
    return failed(kafkaErrors.NOT_ENOUGH_REPLICAS.code);
  const result = append(state, request, terms);
  if (replica === undefined || result.errorCode !== 0 || terms.acks !== -1) return result;
  // Also of a batch that was there already.
  const endOffset = result.baseOffset + records.readInt32BE(batchField.lastOffsetDelta) + 1;
  const errorCode = await replica.replicated(endOffset, terms.timeoutMs);
  return errorCode === 0 ? result : failed(errorCode);
}

/** A request to a coordinator: refused by a broker that is not, or answered when the state is replicated. */
function coordinate(
  broker: Broker,
  name: ApiName,
  kind: CoordinatorKind,
  handler: Handler,
  keyOf: (reader: ByteReader) => string | null,
): Handler {
  return async (context) => {
    const again = (): ByteReader => {
      const { buffer, position, flexible } = context.reader;
      return new ByteReader(buffer, { start: position, flexible });
    };
    const key = keyOf(again());
    // An id for a producer without transactions.
    if (key === null) {
      await handler(context);
      return undefined;
    }
    const { part, errorCode } = find(broker, kind, key);
    let refusal = errorCode;
    if (part !== undefined) {
      const writer = new ByteWriter({ flexible: context.writer.flexible });
      await handler({ ...context, broker: served(context.broker, part), reader: again(), writer });
      refusal = coordinatorError(await part.state.replicated(stateMs));
      if (refusal === 0) {
        for (const bytes of writer.parts()) context.writer.raw(bytes);
        return undefined;
      }
    }
    if (name === "offsetFetch") refuseOffsets(context, refusal);
    else await handler({ ...context, broker: refusing(context.broker, refusal), reader: again() });
    return undefined;
  };
}

function find(
  broker: Broker,
  kind: CoordinatorKind,
  key: string,
): { readonly part?: TransactionPart | GroupPart; readonly errorCode: number } {
  const partition = statePartitionOf(kind, key);
  const replica = broker.replicas.get(idOf(stateTopics[kind], partition));
  if (!replica?.isLeader) return { errorCode: kafkaErrors.NOT_COORDINATOR.code };
  const part = broker.part(kind, partition);
  if (part === undefined) return { errorCode: kafkaErrors.COORDINATOR_LOAD_IN_PROGRESS.code };
  if (!replica.hasEnoughInSync) return { errorCode: kafkaErrors.COORDINATOR_NOT_AVAILABLE.code };
  return { part, errorCode: 0 };
}

/** What Kafka's coordinators say of an error of their log. */
function coordinatorError(errorCode: number): number {
  if (errorCode === 0) return 0;
  return errorCode === kafkaErrors.NOT_LEADER_OR_FOLLOWER.code
    ? kafkaErrors.NOT_COORDINATOR.code
    : kafkaErrors.COORDINATOR_NOT_AVAILABLE.code;
}

function served(state: BrokerState, part: TransactionPart | GroupPart): BrokerState {
  if (part instanceof GroupPart) {
    const transactions = {
      commitOffsets: (...given: Parameters<GroupPart["commitOffsets"]>) => part.commitOffsets(...given),
      hasPendingOffset: (...given: Parameters<GroupPart["hasPendingOffset"]>) => part.hasPendingOffset(...given),
    };
    return { ...state, groups: part.groups, transactions: transactions as unknown as TransactionCoordinator };
  }
  const { transactions } = part;
  const own: Partial<TransactionCoordinator> = {
    init: (...given) => transactions.init(...given),
    addPartitions: (...given) => transactions.addPartitions(...given),
    end: (...given) => transactions.end(...given),
    // A group's offsets are a partition like others.
    addGroup: (id, producer, group) =>
      transactions.addPartitions(id, producer, [
        { topic: stateTopics.group, partition: statePartitionOf("group", group) },
      ]),
  };
  return { ...state, transactions: own as TransactionCoordinator };
}

/** A broker that answers every request to a coordinator with an error. */
function refusing(state: BrokerState, errorCode: number): BrokerState {
  const code = (): number => errorCode;
  const group = {
    ...{ touch: () => {}, checkCommit: code, heartbeat: code, leave: code },
    join: ({ memberId }: { memberId: string }) => failedJoin(memberId, errorCode),
    sync: () => failedSync(errorCode),
  };
  const groups = {
    ...{ find: () => group, findOrCreate: () => group, hasRoomForGroup: () => true, hasRoomForOffset: () => true },
  };
  const transactions = {
    init: () => ({ errorCode, producerId: -1, epoch: -1 }),
    ...{ addPartitions: code, addGroup: code, end: code, commitOffsets: code },
  };
  return {
    ...state,
    groups: groups as unknown as GroupStore,
    transactions: transactions as unknown as TransactionCoordinator,
  };
}

function refuseOffsets({ writer, version }: RequestContext, errorCode: number): void {
  if (version >= 3) writer.int32(0);
  writeTopics(writer, [], () => {});
  if (version >= 2) writer.int16(errorCode);
  writer.tags();
}
