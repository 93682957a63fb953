import { types } from "node:util";
import { DStreamError } from "../errors/dstream-error.ts";

/**
 * A value as JSON, wherever a value is written as such: records of saveToKafka, lines of print() and saveAsTextFiles. What JSON has no
 * word for is spelled: maps as arrays of pairs, sets as arrays, bytes and other typed arrays as arrays of numbers; errors, regular
 * expressions and big integers as texts. All else is as JSON.stringify has it: dates by ISO 8601, `toJSON` is obeyed, undefined is
 * left out of objects and null in arrays, NaN and the infinities are null, −0 is 0.
 *
 * @throws VALUE_NOT_ENCODABLE naming the path of a function, a symbol, a promise or the like, of an object that contains
 * itself, and of what no reader takes: half of a surrogate pair, arrays and objects more than 256 deep.
 */
export function jsonText(value: unknown): string {
  const plain = isPlain(value, plainDepth) ? value : spelled(value, { inside: [], path: [] });
  return JSON.stringify(plain) ?? "null";
}

/** How deep a value is looked into before cycles are looked for. */
const plainDepth = 32;

/** Whether JSON.stringify says all of a value, as it does of most: found out without keeping track of where. */
function isPlain(value: unknown, depthLeft: number): boolean {
  if (typeof value !== "object" || value === null) return isFlat(value);
  if (depthLeft === 0) return false;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) if (!isPlain(value[i], depthLeft - 1)) return false;
    return true;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  for (const name in value) {
    if (!isPlain((value as Record<string, unknown>)[name], depthLeft - 1)) return false;
  }
  return true;
}

/** As deep as JSON is read. */
const deepest = 256;

/** Where in a value its part is. */
interface Place {
  readonly inside: object[];
  readonly path: (string | number)[];
}

/** The value itself when JSON.stringify spells it, else a copy. */
function spelled(value: unknown, at: Place): unknown {
  switch (typeof value) {
    case "bigint":
      return String(value);
    case "string":
      if (!value.isWellFormed()) throw notWritable("a text with half of a surrogate pair", at);
      return value;
    case "function":
    case "symbol":
      throw notWritable(`a ${typeof value}`, at);
    case "object":
      return value === null ? null : spelledObject(value, at);
    default:
      return value;
  }
}

function spelledObject(value: object, at: Place): unknown {
  if (at.inside.includes(value)) throw notWritable("an object that contains itself", at);
  if (at.inside.length >= deepest)
    throw notWritable(`a value more than ${deepest} deep`, { inside: [], path: at.path.slice(0, 8) });
  at.inside.push(value);
  const result = Array.isArray(value) ? spelledArray(value, at) : spelledParts(value, at);
  at.inside.pop();
  return result;
}

function spelledParts(value: object, at: Place): unknown {
  if (Object.getPrototypeOf(value) !== Object.prototype) {
    const special = spelledInstance(value, at);
    if (special !== undefined) return special;
  }
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON !== "function") return spelledFields(value as Record<string, unknown>, at);
  const replaced: unknown = toJSON.call(value, String(at.path.at(-1) ?? ""));
  return replaced === value ? spelledFields(value as Record<string, unknown>, at) : spelled(replaced, at);
}

/** Undefined for what is written by its fields, or writes itself. */
function spelledInstance(value: object, at: Place): unknown {
  if (types.isDate(value)) return value;
  if (types.isMap(value) || types.isSet(value)) return spelledArray([...value], at);
  if (ArrayBuffer.isView(value)) {
    const isNumbers = types.isTypedArray(value);
    return spelledArray(
      [...(isNumbers ? value : new Uint8Array(value.buffer, value.byteOffset, value.byteLength))],
      at,
    );
  }
  if (types.isAnyArrayBuffer(value)) return [...new Uint8Array(value)];
  if (value instanceof Error || types.isNativeError(value) || types.isRegExp(value)) return String(value);
  if (types.isPromise(value)) throw notWritable("a promise", at);
  if (types.isWeakMap(value) || types.isWeakSet(value) || value instanceof WeakRef) {
    throw notWritable(`a ${value.constructor.name}`, at);
  }
  return undefined;
}

function spelledArray(values: readonly unknown[], at: Place): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (isFlat(value)) continue;
    at.path.push(i);
    const result = spelled(value, at);
    at.path.pop();
    if (result === value) continue;
    copy ??= [...values];
    copy[i] = result;
  }
  return copy ?? values;
}

function spelledFields(value: Record<string, unknown>, at: Place): object {
  let copy: Record<string, unknown> | undefined;
  for (const name of Object.keys(value)) {
    const field = value[name];
    if (isFlat(field)) continue;
    at.path.push(name);
    const result = spelled(field, at);
    at.path.pop();
    if (result === field) continue;
    // Without a prototype, lest a field named __proto__ becomes one.
    copy ??= Object.assign(Object.create(null) as Record<string, unknown>, value);
    copy[name] = result;
  }
  return copy ?? value;
}

function isFlat(value: unknown): boolean {
  const type = typeof value;
  if (type === "string") return (value as string).isWellFormed();
  return type === "number" || type === "boolean" || value === null || value === undefined;
}

function notWritable(what: string, { path }: Place): DStreamError {
  const where = path.length === 0 ? "" : ` (at ${path.join(".")})`;
  return new DStreamError("VALUE_NOT_ENCODABLE", `${what}${where} cannot be written as JSON`, {
    data: { path: path.join(".") },
  });
}
