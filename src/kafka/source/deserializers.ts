import { isAscii } from "node:buffer";
import type { Deserializer } from "../types.ts";

const string: Deserializer<string> = (bytes) => {
  const view = bytes as Buffer;
  // Latin-1 is a plain copy; UTF-8 has to be decoded.
  return view.toString(view.length < 256 && isAscii(view) ? "latin1" : "utf8");
};

/** Ready-made deserializers. */
export const deserializers: {
  /** UTF-8 text; damaged sequences become U+FFFD. */
  readonly string: Deserializer<string>;
  /** The bytes themselves, in memory of their own. */
  readonly bytes: Deserializer<Uint8Array>;
  /** JSON text. What is no JSON fails. */
  json<T>(): Deserializer<T>;
} = {
  string,
  bytes: (bytes) => new Uint8Array(bytes),
  json: () => (bytes) => JSON.parse((bytes as Buffer).toString("utf8")),
};
