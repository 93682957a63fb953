import type { Clock } from "../runtime/machine/clock.ts";
import type { Timers } from "../runtime/machine/timers.ts";
import type { AnswerBudget } from "./answer-budget.ts";
import type { GroupStore } from "./groups/group-store.ts";
import type { TopicStore } from "./topics/topic-store.ts";
import type { TransactionCoordinator } from "./transactions/transaction-coordinator.ts";

/** What the handlers of all requests share. One node, which leads everything. */
export interface BrokerState {
  readonly host: string;
  readonly port: number;
  readonly clusterId: string;
  readonly topics: TopicStore;
  readonly groups: GroupStore;
  readonly transactions: TransactionCoordinator;
  readonly answers: AnswerBudget;
  readonly autoCreateTopics: boolean;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Tells what an operator should know. */
  readonly log: (line: string) => void;
}

export const nodeId = 1;
