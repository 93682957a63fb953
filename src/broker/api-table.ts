import { type ApiName, apiKeys } from "../kafka/protocol/api-keys.ts";
import { kafkaErrors } from "../kafka/protocol/kafka-error-codes.ts";
import { addOffsetsToTxn } from "./handlers/add-offsets-to-txn.ts";
import { addPartitionsToTxn } from "./handlers/add-partitions-to-txn.ts";
import { alterConfigs } from "./handlers/alter-configs.ts";
import { createPartitions } from "./handlers/create-partitions.ts";
import { createTopics } from "./handlers/create-topics.ts";
import { deleteGroups } from "./handlers/delete-groups.ts";
import { deleteRecords } from "./handlers/delete-records.ts";
import { deleteTopics } from "./handlers/delete-topics.ts";
import { describeCluster } from "./handlers/describe-cluster.ts";
import { describeConfigs } from "./handlers/describe-configs.ts";
import { describeGroups } from "./handlers/describe-groups.ts";
import { describeProducers } from "./handlers/describe-producers.ts";
import { describeTransactions } from "./handlers/describe-transactions.ts";
import { endTxn } from "./handlers/end-txn.ts";
import { fetch } from "./handlers/fetch.ts";
import { findCoordinator } from "./handlers/find-coordinator.ts";
import type { Handler } from "./handlers/handler.ts";
import { heartbeat } from "./handlers/heartbeat.ts";
import { incrementalAlterConfigs } from "./handlers/incremental-alter-configs.ts";
import { initProducerId } from "./handlers/init-producer-id.ts";
import { joinGroup } from "./handlers/join-group.ts";
import { leaveGroup } from "./handlers/leave-group.ts";
import { listGroups } from "./handlers/list-groups.ts";
import { listOffsets } from "./handlers/list-offsets.ts";
import { listTransactions } from "./handlers/list-transactions.ts";
import { metadata } from "./handlers/metadata.ts";
import { offsetCommit } from "./handlers/offset-commit.ts";
import { offsetDelete } from "./handlers/offset-delete.ts";
import { offsetFetch } from "./handlers/offset-fetch.ts";
import { offsetForLeaderEpoch } from "./handlers/offset-for-leader-epoch.ts";
import { produce } from "./handlers/produce.ts";
import { syncGroup } from "./handlers/sync-group.ts";
import { txnOffsetCommit } from "./handlers/txn-offset-commit.ts";

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

/** Lists this very table. */
const apiVersions: Handler = ({ reader, writer, version }) => {
  const client = version >= 3 ? [reader.string(), reader.string()] : [];
  reader.tags();
  const errorCode = client.every((word) => softwareWord.test(word)) ? 0 : kafkaErrors.INVALID_REQUEST.code;
  writer.int16(errorCode).array([...apiTable], ([key, { min, max }]) => writer.int16(key).int16(min).int16(max).tags());
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
