import type { GroupStore } from "./groups/group-store.ts";
import type { TopicStore } from "./topic-store.ts";
import type { TransactionCoordinator } from "./transaction-coordinator.ts";

/** What the handlers of all requests share. One node, which leads everything. */
export interface BrokerState {
  readonly host: string;
  readonly port: number;
  readonly clusterId: string;
  readonly topics: TopicStore;
  readonly groups: GroupStore;
  readonly transactions: TransactionCoordinator;
  readonly autoCreateTopics: boolean;
}

export const nodeId = 1;
