import { parseJsonRow } from "../../runtime/json-rows.ts";
import type { Deserializer } from "../types.ts";

const string: Deserializer<string> = (bytes) => (bytes as Buffer).toString("utf8");
const bytes: Deserializer<Uint8Array> = (view) => new Uint8Array(view);

/** Those that keep nothing of the bytes they are given. */
const copying = new WeakSet<Deserializer<any>>([string, bytes]);

function json<T>(): Deserializer<T> {
  const deserializer: Deserializer<T> = (view) => parseJsonRow((view as Buffer).toString("utf8")) as T;
  copying.add(deserializer);
  return deserializer;
}

/** Whether what it returns might refer to the bytes that it was given. */
export function mayKeepBytes(deserializer: Deserializer<any>): boolean {
  return !copying.has(deserializer);
}

/** Ready-made deserializers. */
export const deserializers: {
  /** UTF-8 text; damaged sequences become U+FFFD. */
  readonly string: Deserializer<string>;
  /** The bytes themselves, in memory of their own. */
  readonly bytes: Deserializer<Uint8Array>;
  /**
   * JSON text. What is no JSON fails, and so does what could not be a row: a property `__proto__`, arrays and objects over 256 deep,
   * half of a surrogate pair (`"\ud800"`).
   */
  json<T>(): Deserializer<T>;
} = {
  string,
  bytes,
  json,
};
