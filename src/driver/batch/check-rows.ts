import type { BatchResult } from "../../cluster/cluster.ts";
import type { Output } from "../../plan/graph/output.ts";
import { atOperator } from "../../task/errors/place-error.ts";
import { mixedRows } from "../../task/sinks/record-maker.ts";

/**
 * A task refuses a row that is no pair beside one that is; this is for rows that were in different tasks, so that what becomes of
 * a batch does not depend on its partitions.
 *
 * @throws INVALID_OPTION
 */
export function checkRows(outputs: readonly Output[], result: BatchResult): void {
  for (const output of outputs) {
    if (output.kind !== "kafka") continue;
    const facts = result.outputs.flatMap((part) => (part.output === output.id && part.records) || []);
    const isMixed = facts.some(({ pairs }) => pairs) && facts.some(({ values }) => values);
    if (isMixed) throw atOperator(mixedRows(), output);
  }
}
