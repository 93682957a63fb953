import type { BrokerCase } from "./case.ts";
import { compactionCases } from "./compaction-cases.ts";
import { fetchCases } from "./fetch-cases.ts";
import { groupCases } from "./group-cases.ts";
import { oddOffsetCases } from "./odd-offset-cases.ts";
import { produceCases } from "./produce-cases.ts";
import { requestCases } from "./request-cases.ts";
import { topicCases } from "./topic-cases.ts";
import { transactionCases } from "./transaction-cases.ts";

/** What clients may rely on, whichever broker they talk to. */
export const brokerCases: readonly BrokerCase[] = [
  ...produceCases,
  ...oddOffsetCases,
  ...fetchCases,
  ...topicCases,
  ...groupCases,
  ...transactionCases,
  ...compactionCases,
  ...requestCases,
];
