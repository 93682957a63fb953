import { type ApiName, apiKeys } from "../kafka/protocol/api-keys.ts";
import { kafkaErrors } from "../kafka/protocol/kafka-error-codes.ts";
import { alterConfigs } from "./handlers/configs/alter-configs.ts";
import { describeConfigs } from "./handlers/configs/describe-configs.ts";
import { incrementalAlterConfigs } from "./handlers/configs/incremental-alter-configs.ts";
import { describeCluster } from "./handlers/describe-cluster.ts";
import { deleteGroups } from "./handlers/groups/delete-groups.ts";
import { describeGroups } from "./handlers/groups/describe-groups.ts";
import { findCoordinator } from "./handlers/groups/find-coordinator.ts";
import { heartbeat } from "./handlers/groups/heartbeat.ts";
import { joinGroup } from "./handlers/groups/join-group.ts";
import { leaveGroup } from "./handlers/groups/leave-group.ts";
import { listGroups } from "./handlers/groups/list-groups.ts";
import { offsetCommit } from "./handlers/groups/offset-commit.ts";
import { offsetDelete } from "./handlers/groups/offset-delete.ts";
import { offsetFetch } from "./handlers/groups/offset-fetch.ts";
import { syncGroup } from "./handlers/groups/sync-group.ts";
import type { Handler } from "./handlers/handler.ts";
import { fetch } from "./handlers/records/fetch.ts";
import { listOffsets } from "./handlers/records/list-offsets.ts";
import { offsetForLeaderEpoch } from "./handlers/records/offset-for-leader-epoch.ts";
import { produce } from "./handlers/records/produce.ts";
import { createPartitions } from "./handlers/topics/create-partitions.ts";
import { createTopics } from "./handlers/topics/create-topics.ts";
import { deleteRecords } from "./handlers/topics/delete-records.ts";
import { deleteTopics } from "./handlers/topics/delete-topics.ts";
import { metadata } from "./handlers/topics/metadata.ts";
import { addOffsetsToTxn } from "./handlers/transactions/add-offsets-to-txn.ts";
import { addPartitionsToTxn } from "./handlers/transactions/add-partitions-to-txn.ts";
import { describeProducers } from "./handlers/transactions/describe-producers.ts";
import { describeTransactions } from "./handlers/transactions/describe-transactions.ts";
import { endTxn } from "./handlers/transactions/end-txn.ts";
import { initProducerId } from "./handlers/transactions/init-producer-id.ts";
import { listTransactions } from "./handlers/transactions/list-transactions.ts";
import { txnOffsetCommit } from "./handlers/transactions/txn-offset-commit.ts";

/** What the broker speaks: versions of each API, the first flexible one (KIP-482), and who answers. */
export interface ApiEntry {
  readonly min: number;
  readonly max: number;
  readonly flexibleFrom: number;
  readonly handler: Handler;
}

const entry = (min: number, max: number, flexibleFrom: number, handler: Handler): ApiEntry => ({
  min,
  max,
  flexibleFrom,
  handler,
});

/** Lists the broker's table. */
const apiVersions: Handler = ({ broker, reader, writer, version }) => {
  const client = version >= 3 ? [reader.string(), reader.string()] : [];
  reader.tags();
  const errorCode = client.every((word) => softwareWord.test(word)) ? 0 : kafkaErrors.INVALID_REQUEST.code;
  writer
    .int16(errorCode)
    .array([...broker.apis], ([key, { min, max }]) => writer.int16(key).int16(min).int16(max).tags());
  if (version >= 1) writer.int32(0);
  writer.tags();
  return undefined;
};

/** What names and versions of client software are, by KIP-511. */
const softwareWord = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/;
const never = Number.POSITIVE_INFINITY;

const apis: Partial<Record<ApiName, ApiEntry>> = {
  produce: entry(3, 9, 9, produce),
  fetch: entry(4, 12, 12, fetch),
  listOffsets: entry(1, 7, 6, listOffsets),
  metadata: entry(0, 12, 9, metadata),
  offsetCommit: entry(2, 9, 8, offsetCommit),
  offsetFetch: entry(1, 9, 6, offsetFetch),
  findCoordinator: entry(0, 4, 3, findCoordinator),
  joinGroup: entry(0, 9, 6, joinGroup),
  heartbeat: entry(0, 4, 4, heartbeat),
  leaveGroup: entry(0, 5, 4, leaveGroup),
  syncGroup: entry(0, 5, 4, syncGroup),
  describeGroups: entry(0, 6, 5, describeGroups),
  listGroups: entry(0, 5, 3, listGroups),
  apiVersions: entry(0, 3, 3, apiVersions),
  createTopics: entry(2, 7, 5, createTopics),
  deleteTopics: entry(1, 6, 4, deleteTopics),
  deleteRecords: entry(0, 2, 2, deleteRecords),
  initProducerId: entry(0, 4, 2, initProducerId),
  offsetForLeaderEpoch: entry(2, 4, 4, offsetForLeaderEpoch),
  addPartitionsToTxn: entry(0, 3, 3, addPartitionsToTxn),
  addOffsetsToTxn: entry(0, 3, 3, addOffsetsToTxn),
  endTxn: entry(0, 3, 3, endTxn),
  txnOffsetCommit: entry(0, 3, 3, txnOffsetCommit),
  describeConfigs: entry(1, 4, 4, describeConfigs),
  alterConfigs: entry(0, 2, 2, alterConfigs),
  createPartitions: entry(0, 3, 2, createPartitions),
  deleteGroups: entry(0, 2, 2, deleteGroups),
  incrementalAlterConfigs: entry(0, 1, 1, incrementalAlterConfigs),
  offsetDelete: entry(0, 0, never, offsetDelete),
  describeCluster: entry(0, 1, 0, describeCluster),
  describeProducers: entry(0, 0, 0, describeProducers),
  describeTransactions: entry(0, 0, 0, describeTransactions),
  listTransactions: entry(0, 1, 0, listTransactions),
};

/** By the API's number. */
export const apiTable: ReadonlyMap<number, ApiEntry> = new Map(
  Object.entries(apis).map(([name, api]) => [apiKeys[name as ApiName], api]),
);
