import { DStreamError } from "../errors/dstream-error.ts";
import { type Operator, userFunctionFailed, withOperator } from "../errors/user-function-failed.ts";

/** Where a task was when something was thrown. */
export interface Place {
  /** The operator or output that ran. */
  readonly operator: Operator;
  readonly partition: number;
  readonly batchTime: number;
  /** The source's row at hand; a Kafka record says where it came from. */
  readonly row: unknown;
}

/** The error of a user's function with everything needed to find it: operator, lines, and the record. */
export function placeError(thrown: unknown, { operator, partition, batchTime, row }: Place): DStreamError {
  if (thrown instanceof DStreamError) {
    return withOperator(thrown, operator);
  }
  const record = coordinates(row);
  const of =
    record === undefined
      ? `partition ${partition}`
      : `record ${record.topic}-${record.partition} offset ${record.offset}`;
  return userFunctionFailed(thrown, operator, `for ${of} of batch ${batchTime}`, { partition, batchTime, ...record });
}

function coordinates(row: unknown): { topic: string; partition: number; offset: number } | undefined {
  if (typeof row !== "object" || row === null) return undefined;
  const { topic, partition, offset } = row as { topic?: unknown; partition?: unknown; offset?: unknown };
  if (typeof topic !== "string" || typeof partition !== "number" || typeof offset !== "number") return undefined;
  return { topic, partition, offset };
}
