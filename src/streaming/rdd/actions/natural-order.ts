import { invalidOption } from "../../../errors/checks/check-options.ts";

/**
 * The order of rows when the program gives none: numbers (NaN last), big integers, strings by code units, false before true,
 * dates by time, arrays by their first element that differs. @throws INVALID_OPTION for other rows, or rows of different kinds.
 */
export function naturalOrder(a: unknown, b: unknown): number {
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let i = 0; i < Math.min(a.length, b.length); i++) {
      const order = naturalOrder(a[i], b[i]);
      if (order !== 0) return order;
    }
    return a.length - b.length;
  }
  const [x, y] = [comparable(a), comparable(b)];
  if (x === undefined || y === undefined || typeof x !== typeof y) throw noOrder(a, b);
  if (x < y) return -1;
  if (x > y) return 1;
  return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
}

function comparable(value: unknown): number | bigint | string | boolean | undefined {
  if (value instanceof Date) return value.getTime();
  const isOrdered =
    typeof value === "number" || typeof value === "bigint" || typeof value === "string" || typeof value === "boolean";
  return isOrdered ? value : undefined;
}

function noOrder(a: unknown, b: unknown): Error {
  const kinds = [a, b].map((value) => (value === null ? "null" : typeof value)).join(" and ");
  return invalidOption(
    "the order of rows",
    kinds,
    "given by a function where they are not numbers, strings or the like",
  );
}
