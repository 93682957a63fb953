import { inspect, types } from "node:util";

// Anything can be thrown: a text, nothing at all, an object whose getters throw, an error of another realm. What is asked here
// never throws.

/** What was thrown, in a word: "TypeError", "string", "undefined". */
export function kindOf(thrown: unknown): string {
  if (thrown === null) return "null";
  return isErrorLike(thrown) ? (text(property(thrown, "name")) ?? "Error") : typeof thrown;
}

/** An error's message; of what is no error what it is. */
export function messageOf(thrown: unknown): string {
  if (isErrorLike(thrown)) return text(property(thrown, "message")) ?? "";
  if (typeof thrown === "string") return thrown;
  try {
    return inspect(thrown, { depth: 1, breakLength: Number.POSITIVE_INFINITY });
  } catch {
    return "a value that cannot be shown";
  }
}

export function stackOf(thrown: unknown): string | undefined {
  return isErrorLike(thrown) ? text(property(thrown, "stack")) : undefined;
}

/** The code that Node gives its errors, "ENOENT"; undefined for codes that are no texts, as a DOMException's. */
export function nodeCodeOf(thrown: unknown): string | undefined {
  return text(property(thrown, "code"));
}

/** Errors, also those of another realm, and what some libraries throw in their place. */
export function isErrorLike(thrown: unknown): thrown is object {
  if (typeof thrown !== "object" || thrown === null) return false;
  if (types.isNativeError(thrown) || text(property(thrown, "message")) !== undefined) return true;
  try {
    return thrown instanceof Error;
  } catch {
    return false;
  }
}

export function property(of: unknown, name: string): unknown {
  try {
    return (of as Record<string, unknown> | null | undefined)?.[name];
  } catch {
    return undefined;
  }
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

const causesMax = 8;

/** What was thrown, what caused it, and the errors that it collects. */
export function* causesOf(thrown: unknown, depth = 0): Generator<object> {
  if (!isErrorLike(thrown) || depth > causesMax) return;
  yield thrown;
  yield* causesOf(property(thrown, "cause"), depth + 1);
  const collected = property(thrown, "errors");
  if (Array.isArray(collected)) for (const inner of collected) yield* causesOf(inner, depth + 1);
}

/** What was thrown in a few words: the first code of Node among its causes, else the text of the last. */
export function reasonOf(thrown: unknown): string {
  const causes = [...causesOf(thrown)];
  return causes.map(nodeCodeOf).find((code) => code !== undefined) ?? messageOf(causes.at(-1) ?? thrown);
}
