import { inspect } from "node:util";

/** A text that is the same for values that are deeply equal: to bring multisets into one order. */
export function canonicalText(value: unknown): string {
  return inspect(value, {
    depth: Number.POSITIVE_INFINITY,
    maxArrayLength: null,
    maxStringLength: null,
    sorted: true,
    breakLength: Number.POSITIVE_INFINITY,
  });
}
