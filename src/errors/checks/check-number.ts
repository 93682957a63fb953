import { invalidOption } from "./check-options.ts";

// Every number that a program gives goes through one of these: NaN, infinities, texts that look like numbers, big integers and
// promises are none, and what is let through here becomes an offset, a timer or a length further on.

/** @throws INVALID_OPTION for what is no whole number from `least` to `most`. */
export function checkInteger(
  option: string,
  value: unknown,
  least: number,
  most: number = Number.MAX_SAFE_INTEGER,
): void {
  if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most) return;
  const isOpen = most === Number.MAX_SAFE_INTEGER;
  throw invalidOption(
    option,
    asSeen(value),
    isOpen ? `an integer of at least ${least}` : `an integer from ${least} to ${most}`,
  );
}

/** @throws INVALID_OPTION for what is no finite number from `least` to `most`; `allowed` says in words what is. */
export function checkNumber(
  option: string,
  value: unknown,
  least: number,
  { most = Number.MAX_VALUE, allowed }: { readonly most?: number; readonly allowed?: string } = {},
): void {
  if (Number.isFinite(value) && (value as number) >= least && (value as number) <= most) return;
  const range = most === Number.MAX_VALUE ? `a number of at least ${least}` : `a number from ${least} to ${most}`;
  throw invalidOption(option, asSeen(value), allowed ?? range);
}

/** @throws INVALID_OPTION for what is no finite number greater than 0. */
export function checkPositive(option: string, value: unknown, allowed = "a number greater than 0"): void {
  if (Number.isFinite(value) && (value as number) > 0) return;
  throw invalidOption(option, asSeen(value), allowed);
}

/** @throws INVALID_OPTION for what is no duration greater than 0. */
export function checkDuration(option: string, duration: unknown): void {
  checkPositive(option, duration, "a positive number of milliseconds");
}

/** A text may look like the number that is wanted. */
function asSeen(value: unknown): unknown {
  return typeof value === "string" && value !== "" ? `the text "${value}"` : value;
}
