import { DStreamError } from "../errors/dstream-error.ts";
import { userFrame } from "../errors/user-frame.ts";

/** Where a task was when something was thrown. */
export interface Place {
  /** The operator or output that ran. */
  readonly operator: { readonly operator: string; readonly site: string | undefined };
  readonly partition: number;
  readonly batchTime: number;
  /** The source's row at hand; a Kafka record says where it came from. */
  readonly row: unknown;
}

/**
 * The error of a user's function with everything needed to find it: operator, the line that made it, the line that threw,
 * and the record. What the function said stays in `cause`, since it may quote data.
 */
export function placeError(thrown: unknown, place: Place): DStreamError {
  const { operator: name, site } = place.operator;
  const operator = site === undefined ? name : `${name} (${site})`;
  if (thrown instanceof DStreamError) {
    if (
      thrown.code !== "VALUE_NOT_ENCODABLE" &&
      thrown.code !== "KEY_NOT_CANONICAL" &&
      thrown.code !== "INVALID_OPTION"
    )
      return thrown;
    const text = thrown.message.replace(/^\[\w+\] /, "");
    return new DStreamError(thrown.code, `${operator}: ${text}`, {
      cause: thrown.cause,
      data: { ...thrown.data, operator: name },
    });
  }
  const record = coordinates(place.row);
  const kind = thrown instanceof Error ? thrown.name : typeof thrown;
  const frame = thrown instanceof Error ? userFrame(thrown.stack) : undefined;
  const at = frame === undefined ? "" : ` at ${frame}`;
  const of =
    record === undefined
      ? `partition ${place.partition}`
      : `record ${record.topic}-${record.partition} offset ${record.offset}`;
  return new DStreamError(
    "USER_FUNCTION_FAILED",
    `the function of ${operator} threw ${kind}${at}, for ${of} of batch ${place.batchTime}`,
    {
      cause: thrown,
      data: {
        operator: name,
        site,
        frame,
        partition: place.partition,
        batchTime: place.batchTime,
        ...record,
      },
    },
  );
}

function coordinates(row: unknown): { topic: string; partition: number; offset: number } | undefined {
  if (typeof row !== "object" || row === null) return undefined;
  const { topic, partition, offset } = row as { topic?: unknown; partition?: unknown; offset?: unknown };
  if (typeof topic !== "string" || typeof partition !== "number" || typeof offset !== "number") return undefined;
  return { topic, partition, offset };
}
