import { invalidOption } from "../../errors/checks/check-options.ts";
import { DStreamError } from "../../errors/dstream-error.ts";
import type { TransactionalSession } from "../../kafka/transactions/transactional-session.ts";
import type { KafkaOutput } from "../../plan/graph/output.ts";
import { atOperator } from "../../task/errors/place-error.ts";
import type { CollectedPart, TransactionalRecords } from "../batch/collected-output.ts";

/**
 * Topics and partitions that records name by themselves are looked for before the transaction is prepared: tasks, which made the
 * records, need not reach the brokers. Brokers that are away are left to the transaction, which tries for longer.
 *
 * @throws INVALID_OPTION, TOPIC_NOT_FOUND
 */
export async function checkTargets(
  session: Pick<TransactionalSession, "partitionCount">,
  outputs: readonly TransactionalRecords[],
): Promise<void> {
  for (const { output, parts } of outputs) {
    for (const [topic, highest] of highestOf(parts)) await checkTarget(session, output, topic, highest);
  }
}

async function checkTarget(
  session: Pick<TransactionalSession, "partitionCount">,
  output: KafkaOutput,
  topic: string,
  highest: number,
): Promise<void> {
  try {
    const count = await session.partitionCount(topic, highest + 1);
    if (highest < count) return;
    const allowed = `from 0 to ${count - 1}, the partitions of topic "${topic}"`;
    throw invalidOption("the record's partition", highest, allowed);
  } catch (thrown) {
    const error = DStreamError.from(thrown);
    if (!error.retryable) throw atOperator(error, output);
  }
}

function highestOf(parts: readonly CollectedPart[]): Map<string, number> {
  const all = new Map<string, number>();
  for (const { records } of parts) {
    for (const [topic, highest] of Object.entries(records?.highest ?? {})) {
      all.set(topic, Math.max(highest, all.get(topic) ?? -1));
    }
  }
  return all;
}
