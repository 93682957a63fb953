import { DStreamError } from "../errors/dstream-error.ts";
import { type Operator, operatorText, userFunctionFailed } from "../errors/user-function-failed.ts";

/** Where a task was when something was thrown. */
export interface Place {
  /** The operator or output that ran. */
  readonly operator: Operator;
  readonly partition: number;
  readonly batchTime: number;
  /** The source's row at hand; a Kafka record says where it came from. */
  readonly row: unknown;
}

/** Codes of errors that a task finds in what the user's functions do; they do not say yet which operator it was. */
const unplaced: readonly string[] = ["VALUE_NOT_ENCODABLE", "KEY_NOT_CANONICAL", "INVALID_OPTION", "ILLEGAL_STATE"];

/** The error of a user's function with everything needed to find it: operator, lines, and the record. */
export function placeError(thrown: unknown, { operator, partition, batchTime, row }: Place): DStreamError {
  if (thrown instanceof DStreamError) {
    if (!unplaced.includes(thrown.code)) return thrown;
    const text = thrown.message.replace(/^\[\w+\] /, "");
    return new DStreamError(thrown.code, `${operatorText(operator)}: ${text}`, {
      cause: thrown.cause,
      data: { ...thrown.data, operator: operator.operator },
    });
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
