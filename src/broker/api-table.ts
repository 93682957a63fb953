import { type ApiName, apiKeys } from "../kafka/protocol/api-keys.ts";
import { fetch } from "./handlers/fetch.ts";
import { describeGroups, heartbeat, joinGroup, leaveGroup, listGroups, syncGroup } from "./handlers/groups.ts";
import type { Handler } from "./handlers/handler.ts";
import { listOffsets } from "./handlers/list-offsets.ts";
import { metadata } from "./handlers/metadata.ts";
import { findCoordinator, offsetCommit, offsetFetch } from "./handlers/offsets.ts";
import { produce } from "./handlers/produce.ts";
import { createPartitions, createTopics, deleteRecords, deleteTopics } from "./handlers/topics.ts";
import {
  addOffsetsToTxn,
  addPartitionsToTxn,
  endTxn,
  initProducerId,
  txnOffsetCommit,
} from "./handlers/transactions.ts";

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
const apiVersions: Handler = ({ writer, version }) => {
  writer.int16(0).array([...apiTable], ([key, { min, max }]) => writer.int16(key).int16(min).int16(max).tags());
  if (version >= 1) writer.int32(0);
  writer.tags();
  return undefined;
};

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
  describeGroups: entry(0, 5, 5, describeGroups),
  listGroups: entry(0, 4, 3, listGroups),
  apiVersions: entry(0, 3, 3, apiVersions),
  createTopics: entry(2, 7, 5, createTopics),
  deleteTopics: entry(1, 5, 4, deleteTopics),
  deleteRecords: entry(0, 2, 2, deleteRecords),
  initProducerId: entry(0, 4, 2, initProducerId),
  addPartitionsToTxn: entry(0, 3, 3, addPartitionsToTxn),
  addOffsetsToTxn: entry(0, 3, 3, addOffsetsToTxn),
  endTxn: entry(0, 3, 3, endTxn),
  txnOffsetCommit: entry(0, 3, 3, txnOffsetCommit),
  createPartitions: entry(0, 3, 2, createPartitions),
};

/** By the API's number. */
export const apiTable: ReadonlyMap<number, ApiEntry> = new Map(
  Object.entries(apis).map(([name, api]) => [apiKeys[name as ApiName], api]),
);
