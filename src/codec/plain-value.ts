import { promiseNotAwaited } from "../errors/at-once.ts";
import { DStreamError } from "../errors/dstream-error.ts";

/** Stands for a Map inside a value that is about to be encoded. */
export class MapEntries {
  readonly entries: readonly (readonly [unknown, unknown])[];
  constructor(entries: readonly (readonly [unknown, unknown])[]) {
    this.entries = entries;
  }
}

/**
 * The value itself when it can be encoded as it is, else a copy with its maps replaced.
 *
 * @throws VALUE_NOT_ENCODABLE naming the path of a function, symbol, cycle, instance of a class or the like. The encoder
 * alone would drop some of these without a word; PROMISE_NOT_AWAITED for a promise.
 */
export function plainValue(value: unknown): unknown {
  return isFlat(value) ? value : walk(value, [], []);
}

function isFlat(value: unknown): boolean {
  return value === null || (typeof value !== "object" && typeof value !== "function" && typeof value !== "symbol");
}

function walk(value: unknown, path: readonly string[], parents: readonly object[]): unknown {
  if (typeof value === "function" || typeof value === "symbol") throw notEncodable(`a ${typeof value}`, path);
  if (typeof value !== "object" || value === null) return value;
  if (parents.includes(value)) throw notEncodable("an object that contains itself", path);
  const inside = [...parents, value];
  if (Array.isArray(value)) return walkArray(value, path, inside);
  if (value instanceof Map) {
    return new MapEntries(
      Array.from(value, ([k, v], i) => [
        walk(k, [...path, `key ${i}`], inside),
        walk(v, [...path, `entry ${i}`], inside),
      ]),
    );
  }
  if (value instanceof Set) {
    for (const element of value)
      if (walk(element, path, inside) !== element) throw notEncodable("a map inside a set", path);
    return value;
  }
  if (value instanceof Promise) throw promiseNotAwaited(value, `a promise${whereOf(path)} in a value`);
  if (value instanceof WeakMap || value instanceof WeakSet || value instanceof WeakRef) {
    throw notEncodable(`a ${value.constructor.name}`, path);
  }
  if (value instanceof Date || ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return value;
  if (value instanceof Error || value instanceof RegExp) return value;
  if (!isPlainObject(value)) throw notEncodable(`an instance of ${value.constructor?.name || "a class"}`, path);
  return walkFields(value as Record<string, unknown>, path, inside);
}

/** Objects that are no instances of classes, also those of another realm. Of an instance neither methods nor private fields would arrive. */
function isPlainObject(value: object): boolean {
  const prototype: object | null = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function walkArray(values: readonly unknown[], path: readonly string[], inside: readonly object[]): unknown {
  let copy: unknown[] | undefined;
  for (let i = 0; i < values.length; i++) {
    const element = values[i];
    if (isFlat(element)) continue;
    const plain = walk(element, [...path, String(i)], inside);
    if (plain === element) continue;
    copy ??= [...values];
    copy[i] = plain;
  }
  return copy ?? values;
}

function walkFields(value: Record<string, unknown>, path: readonly string[], inside: readonly object[]): unknown {
  let copy: Record<string, unknown> | undefined;
  for (const name of Object.keys(value)) {
    if (name === "__proto__") throw notEncodable("a property named __proto__", path);
    const field = value[name];
    if (isFlat(field)) continue;
    const plain = walk(field, [...path, name], inside);
    if (plain === field) continue;
    copy ??= { ...value };
    copy[name] = plain;
  }
  return copy ?? value;
}

function notEncodable(what: string, path: readonly string[]): DStreamError {
  return new DStreamError("VALUE_NOT_ENCODABLE", `${what}${whereOf(path)} cannot leave its task`, {
    data: { path: path.join(".") },
  });
}

function whereOf(path: readonly string[]): string {
  return path.length === 0 ? "" : ` (at ${path.join(".")})`;
}
