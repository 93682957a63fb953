import { isPromise, isUint8Array } from "node:util/types";
import { DStreamError } from "../../errors/dstream-error.ts";
import { topicNameProblem } from "../protocol/topic-name.ts";

// Records come from programs, many of them without types. What is wrong in one must be found before it is a part of a batch: a
// broker would refuse the batch as a whole, or take bytes that nobody meant.

/** The fields of a record to send. */
interface RecordFields {
  readonly topic?: unknown;
  readonly partition?: unknown;
  readonly key?: unknown;
  readonly value?: unknown;
  readonly headers?: unknown;
  readonly timestamp?: unknown;
}

const partitionMost = 2 ** 31 - 1;

/**
 * All of a record but its topic. `what`: what is called none where it is no record at all.
 *
 * @throws INVALID_OPTION, naming the field and never what is in it; VALUE_NOT_ENCODABLE where the value is missing, and for text that
 * UTF-8 cannot write.
 */
export function checkRecord(record: unknown, what: string): void {
  if (typeof record !== "object" || record === null || Array.isArray(record) || isPromise(record)) {
    throw refused(what, undefined, "an object with a value, and a key, headers and the like", record);
  }
  const { key, value, partition, headers, timestamp } = record as RecordFields;
  if (key !== undefined) checkContent(key, "key");
  if (value === undefined) {
    const text = `${what} has no value; give null for none`;
    throw new DStreamError("VALUE_NOT_ENCODABLE", text, { data: { field: "value" } });
  }
  checkContent(value, "value");
  if (partition !== undefined) checkWhole(partition, partitionMost, "partition", "a whole number from 0 on");
  if (timestamp !== undefined) {
    checkWhole(timestamp, Number.MAX_SAFE_INTEGER, "timestamp", "a whole number of milliseconds since 1970");
  }
  if (headers !== undefined) checkHeaders(headers);
}

/** `what`: "the record's topic". @throws INVALID_OPTION for what is no name of a topic. */
export function checkTopicName(topic: unknown, what: string): void {
  if (typeof topic !== "string") throw refused(what, "topic", "a topic's name", topic);
  const problem = topicNameProblem(topic);
  if (problem === undefined) return;
  throw new DStreamError("INVALID_OPTION", `${what}: ${problem}`, { data: { field: "topic" } });
}

/**
 * What a serializer returned.
 *
 * @throws INVALID_OPTION for anything but bytes or null.
 */
export function checkSerialized(bytes: unknown, serializer: string): void {
  if (bytes === null) return;
  const what = `what ${serializer} returned`;
  if (isBytes(bytes)) checkAttached(bytes, what, serializer);
  else throw refused(what, serializer, "bytes (a Uint8Array), or null for none", bytes);
}

/** Bytes of this realm or another, as test runners have them. */
export function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array || isUint8Array(value);
}

const contents = "text, bytes (a Uint8Array), or null for none";

function checkContent(content: unknown, field: string): void {
  if (content === null) return;
  if (typeof content === "string") checkText(content, field);
  else if (isBytes(content)) checkAttached(content, `the record's ${field}`, field);
  else throw refused(`the record's ${field}`, field, contents, content);
}

/** UTF-8 has no half of a surrogate pair: another text would be written. */
function checkText(text: string, field: string): void {
  if (text.isWellFormed()) return;
  const message = `the record's ${field} is a text with half of a surrogate pair, which UTF-8 cannot write`;
  throw new DStreamError("VALUE_NOT_ENCODABLE", message, { data: { field } });
}

/** A buffer that was transferred away, or became too short for its view, leaves a view of no bytes. */
function checkAttached(bytes: Uint8Array, what: string, field: string): void {
  if (bytes.length > 0) return;
  try {
    bytes.values();
  } catch {
    throw refused(what, field, "bytes that are there", bytes, "bytes whose buffer was transferred away or shrunk");
  }
}

function checkWhole(seen: unknown, most: number, field: string, allowed: string): void {
  if (Number.isSafeInteger(seen) && (seen as number) >= 0 && (seen as number) <= most) return;
  throw refused(`the record's ${field}`, field, allowed, seen, typeof seen === "number" ? String(seen) : undefined);
}

function checkHeaders(headers: unknown): void {
  if (!Array.isArray(headers)) {
    throw refused("the record's headers", "headers", "an array of [name, value]", headers);
  }
  for (let i = 0; i < headers.length; i++) {
    const header: unknown = headers[i];
    const field = `headers[${i}]`;
    if (!Array.isArray(header) || header.length !== 2) {
      throw refused(`the record's ${field}`, field, "an array of name and value", header);
    }
    const [name, value] = header as [unknown, unknown];
    if (typeof name !== "string")
      throw refused(`the record's ${field}[0]`, `${field}[0]`, "a name, which is text", name);
    checkText(name, `${field}[0]`);
    checkContent(value, `${field}[1]`);
  }
}

function refused(
  what: string,
  field: string | undefined,
  allowed: string,
  seen: unknown,
  shown = kindOf(seen),
): DStreamError {
  return new DStreamError("INVALID_OPTION", `${what} must be ${allowed}, not ${shown}`, {
    data: { ...(field !== undefined && { field }) },
  });
}

/** What a value is; what it says may be somebody's data. */
function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  if (Array.isArray(value)) return "an array";
  if (isPromise(value)) return "a promise, which is not awaited";
  if (typeof value !== "object") return `a ${typeof value}`;
  const { name } = value.constructor ?? {};
  return name === undefined || name === "Object" ? "an object" : `an instance of ${name}`;
}
