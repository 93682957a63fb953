import { checkOptionNames, invalidOption } from "../../../errors/checks/check-options.ts";
import { nearest } from "../../../errors/checks/nearest.ts";
import { DStreamError } from "../../../errors/dstream-error.ts";
import type { Deserializer } from "../../../kafka/types.ts";
import { parseJsonRow } from "../../../runtime/json-rows.ts";

const string: Deserializer<string> = (bytes) => (bytes as Buffer).toString("utf8");
const bytes: Deserializer<Uint8Array> = (view) => new Uint8Array(view);

/** Those that keep nothing of the bytes they are given. */
const copying = new WeakSet<Deserializer<any>>([string, bytes]);

function json<T>(...given: readonly unknown[]): Deserializer<T> {
  const [options] = given;
  if (options instanceof Uint8Array) {
    throw invalidOption("a deserializer", "deserializers.json", "what deserializers.json() gives: call it");
  }
  if (given.length > 0) checkOptionNames("deserializers.json", options as object, []);
  const deserializer: Deserializer<T> = (view) => parseJsonRow((view as Buffer).toString("utf8")) as T;
  copying.add(deserializer);
  return deserializer;
}

/** Whether what it returns might refer to the bytes that it was given. */
export function mayKeepBytes(deserializer: Deserializer<any>): boolean {
  return !copying.has(deserializer);
}

/** Without it a name that is not there would be an option left out, and values read as text. */
function refuseNearNames<T extends object>(ready: T): T {
  return new Proxy(ready, {
    get(target, name) {
      const [similar] = typeof name === "string" && !(name in target) ? nearest(name, Object.keys(target), 1) : [];
      if (similar === undefined || name === "toJSON") return Reflect.get(target, name);
      const text = `deserializers has no "${String(name)}"; did you mean "${similar}"?`;
      throw new DStreamError("UNKNOWN_OPTION", text, { data: { option: name } });
    },
  });
}

/** Ready-made deserializers. A name that looks like one of them throws UNKNOWN_OPTION. */
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
} = refuseNearNames({ string, bytes, json });
