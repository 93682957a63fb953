import { DStreamError } from "../errors/dstream-error.ts";
import { kindOf } from "../errors/thrown.ts";

/** For a row that has come to an operator by key. */
export function noPair(row: unknown): DStreamError {
  return new DStreamError(
    "ILLEGAL_STATE",
    `a row is no pair but ${kindOf(row)}; operators by key need arrays of key and value`,
  );
}
