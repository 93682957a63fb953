import type { Machine } from "../runtime/machine/machine.ts";
import type { AnswerBudget } from "./answer-budget.ts";
import type { ApiEntry } from "./api-table.ts";
import type { ClusterView } from "./cluster-view.ts";
import type { GroupStore } from "./groups/group-store.ts";
import type { TopicStore } from "./topics/topic-store.ts";
import type { TransactionCoordinator } from "./transactions/transaction-coordinator.ts";

/** What the handlers of all requests share. */
export interface BrokerState {
  readonly machine: Machine;
  readonly host: string;
  readonly port: number;
  readonly cluster: ClusterView;
  /** What it speaks, by the API's number. */
  readonly apis: ReadonlyMap<number, ApiEntry>;
  readonly topics: TopicStore;
  readonly groups: GroupStore;
  readonly transactions: TransactionCoordinator;
  readonly answers: AnswerBudget;
  readonly autoCreateTopics: boolean;
  /** Tells what an operator should know. */
  readonly log: (line: string) => void;
}
