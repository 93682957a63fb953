import { propertyOf } from "../checks/check-options.ts";

/** Named fields of something that the program gave, which may be anything, as errors show them: `topic "t", partition 0n`. */
export function shownFields(seen: unknown, names: readonly string[]): string {
  if (typeof seen !== "object" || seen === null) return typeof seen === "symbol" ? "a symbol" : String(seen);
  return names.map((name) => `${name} ${shownField(propertyOf(seen, name))}`).join(", ");
}

/** A field, of which nothing is shown that may be large. */
export function shownField(value: unknown): string {
  if (typeof value === "string") return `"${value}"`;
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "function" ? "a function" : String(value);
}
