import { DStreamError } from "../../errors/dstream-error.ts";
import { type Operator, operatorText, userFunctionFailed } from "../../errors/user-code/user-function-failed.ts";

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
const unplaced: readonly string[] = [
  "VALUE_NOT_ENCODABLE",
  "KEY_NOT_CANONICAL",
  "PROMISE_NOT_AWAITED",
  "INVALID_OPTION",
  "ILLEGAL_STATE",
  "BATCH_TOO_LARGE",
  "TOPIC_NOT_FOUND",
];

/** The error of a user's function with everything needed to find it: operator, lines, and the record. */
export function placeError(thrown: unknown, { operator, partition, batchTime, row }: Place): DStreamError {
  if (thrown instanceof DStreamError) {
    return placed(thrown, operator, coordinates(row));
  }
  const record = coordinates(row);
  const of =
    record === undefined
      ? `partition ${partition}`
      : `record ${record.topic}-${record.partition} offset ${record.offset}`;
  return userFunctionFailed(thrown, operator, `for ${of} of batch ${batchTime}`, { partition, batchTime, ...record });
}

/** The same for an error that says nothing of an operator yet. */
export function placed(error: DStreamError, operator: Operator, record?: RecordPlace): DStreamError {
  return unplaced.includes(error.code) && error.data.site === undefined ? atOperator(error, operator, record) : error;
}

/** An error with the operator that it is about, and the record, where one is known. */
export function atOperator(error: DStreamError, operator: Operator, record?: RecordPlace): DStreamError {
  const text = error.message.replace(/^\[\w+\] /, "");
  const at = record === undefined ? "" : ` (record ${record.topic}-${record.partition} offset ${record.offset})`;
  return new DStreamError(error.code, `${operatorText(operator)}: ${text}${at}`, {
    cause: error.cause,
    data: { ...error.data, operator: operator.operator, site: operator.site, ...record },
    retryable: error.retryable,
  });
}

interface RecordPlace {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

function coordinates(row: unknown): RecordPlace | undefined {
  if (typeof row !== "object" || row === null) return undefined;
  const { topic, partition, offset } = row as { topic?: unknown; partition?: unknown; offset?: unknown };
  if (typeof topic !== "string" || typeof partition !== "number" || typeof offset !== "number") return undefined;
  return { topic, partition, offset };
}
