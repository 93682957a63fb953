import { DStreamError } from "../../../errors/dstream-error.ts";

/** Rows of two partitions in pairs. @throws ILLEGAL_STATE when they are not as many. */
export function* pairedRows(here: Iterable<unknown>, there: Iterable<unknown>, index: number): Generator<unknown> {
  const right = there[Symbol.iterator]();
  let zipped = 0;
  for (const row of here) {
    const next = right.next();
    if (next.done) throw notAsMany("zip", `rows in partition ${index}`, `more than ${zipped}`, zipped);
    zipped++;
    yield [row, next.value];
  }
  if (!right.next().done) throw notAsMany("zip", `rows in partition ${index}`, zipped, `more than ${zipped}`);
}

/** The error of RDDs that do not fit one another. */
export function notAsMany(operator: string, what: string, here: unknown, there: unknown): DStreamError {
  return new DStreamError("ILLEGAL_STATE", `${operator} needs as many ${what} on both sides, not ${here} and ${there}`);
}
