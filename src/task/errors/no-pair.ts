import { DStreamError } from "../../errors/dstream-error.ts";
import { kindOf } from "../../errors/shown/thrown.ts";

/** Whether a row is what operators by key take: a key and a value, and nothing that would be lost. */
export function isPair(row: unknown): row is readonly [unknown, unknown] {
  return Array.isArray(row) && row.length === 2;
}

/** For a row that has come to an operator by key. */
export function noPair(row: unknown): DStreamError {
  const seen = Array.isArray(row) ? `an array of ${row.length}` : kindOf(row);
  return new DStreamError(
    "ILLEGAL_STATE",
    `a row is no pair but ${seen}; operators by key need arrays of key and value`,
  );
}

/** The rows of a stream of pairs. @throws ILLEGAL_STATE at the first that is none. */
export function* pairsOf(rows: Iterable<unknown>): Generator<readonly [any, any]> {
  for (const row of rows) yield asPair(row);
}

/** @throws ILLEGAL_STATE for what is no pair. */
export function asPair(row: unknown): readonly [unknown, unknown] {
  if (isPair(row)) return row;
  throw noPair(row);
}
