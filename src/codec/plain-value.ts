import { DStreamError } from "../errors/dstream-error.ts";
import { promiseNotAwaited } from "../errors/user-code/at-once.ts";
import { MapEntries, NegativeZero, SparseArray } from "./stand-ins.ts";

const negativeZero = new NegativeZero();
const halfPair = "half of a surrogate pair";

/**
 * The value itself when it can be encoded as it is, else a copy with stand-ins for what cannot.
 *
 * @throws VALUE_NOT_ENCODABLE naming the path of a function, symbol, cycle, instance of a class, half of a surrogate pair or the
 * like. The encoder alone would drop or change some of these without a word; PROMISE_NOT_AWAITED for a promise.
 */
export function plainValue(value: unknown): unknown {
  return isObject(value) ? plainObject(value, { path: [], parents: [] }) : plainPrimitive(value, []);
}

/** @throws VALUE_NOT_ENCODABLE for half of a surrogate pair: no bytes stand for it, so another character would arrive. */
export function checkText(text: string, path: Place["path"] = [], name?: string | number): void {
  if (!text.isWellFormed()) throw notEncodable(halfPair, path, name);
}

/** Where a walk is: the names, and the objects, that lead from the value to the part at hand. */
interface Place {
  readonly path: (string | number)[];
  readonly parents: object[];
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function plainPrimitive(value: unknown, path: Place["path"], name?: string | number): unknown {
  switch (typeof value) {
    case "string":
      checkText(value, path, name);
      return value;
    case "number":
      return value === 0 && 1 / value < 0 ? negativeZero : value;
    case "function":
    case "symbol":
      throw notEncodable(`a ${typeof value}`, path, name);
    default:
      return value;
  }
}

/** A part of the object at `place`. */
function plainPart(value: unknown, name: string | number, place: Place): unknown {
  if (!isObject(value)) return plainPrimitive(value, place.path, name);
  place.path.push(name);
  const plain = plainObject(value, place);
  place.path.pop();
  return plain;
}

function plainObject(value: object, place: Place): unknown {
  if (place.parents.includes(value)) throw notEncodable("an object that contains itself", place.path);
  place.parents.push(value);
  const plain = plainFrom(value, place);
  place.parents.pop();
  return plain;
}

function plainFrom(value: object, place: Place): unknown {
  if (Array.isArray(value)) return plainArray(value, place);
  if (isPlainObject(value)) return plainFields(value as Record<string, unknown>, place);
  if (value instanceof Map) return mapEntries(value, place);
  if (value instanceof Set) return plainSet(value, place);
  if (value instanceof Date || ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return value;
  if (value instanceof Error) {
    const arriving = [value.name, value.message, value.cause];
    return unchanged(value, arriving, "a value of this kind as the cause of an error", place);
  }
  if (value instanceof RegExp) return unchanged(value, [value.source], "", place);
  if (value instanceof Promise) throw promiseNotAwaited(value, `a promise${whereOf(place.path)} in a value`);
  throw notEncodable(`an instance of ${value.constructor?.name || "a class"}`, place.path);
}

/** Objects that are no instances of classes, also those of another realm. Of an instance neither methods nor private fields would arrive. */
function isPlainObject(value: object): boolean {
  const prototype: object | null = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return true;
  return Object.getPrototypeOf(prototype) === null;
}

/** An object whose parts have to be as they are encoded. */
function unchanged(value: object, parts: readonly unknown[], refusal: string, place: Place): object {
  for (const part of parts) {
    const plain = isObject(part) ? plainObject(part, place) : plainPrimitive(part, place.path);
    if (plain !== part) throw notEncodable(refusal, place.path);
  }
  return value;
}

function plainSet(set: ReadonlySet<unknown>, place: Place): ReadonlySet<unknown> {
  const elements = Array.from(set, (element) => {
    return isObject(element) ? plainObject(element, place) : plainPrimitive(element, place.path);
  });
  return new Set(elements);
}

function mapEntries(map: ReadonlyMap<unknown, unknown>, place: Place): MapEntries {
  return new MapEntries(
    Array.from(map, ([key, value], i) => [plainPart(key, `key ${i}`, place), plainPart(value, `entry ${i}`, place)]),
  );
}

function plainArray(values: readonly unknown[], place: Place): unknown {
  let copy: unknown[] | undefined;
  for (let i = 0; i < values.length; i++) {
    const element = values[i];
    if (element === undefined && !(i in values)) return sparseArray(values, place);
    const plain = plainPart(element, i, place);
    if (plain === element) continue;
    copy ??= [...values];
    copy[i] = plain;
  }
  return copy ?? values;
}

function sparseArray(values: readonly unknown[], place: Place): SparseArray {
  const elements: [number, unknown][] = [];
  values.forEach((element, i) => {
    elements.push([i, plainPart(element, i, place)]);
  });
  return new SparseArray(values.length, elements);
}

/**
 * Names that were checked last, by depth and position: objects of one column mostly have the same, and to compare two names takes
 * less than to look into one.
 */
const checkedNames: string[] = new Array(256).fill("");
const namesOfDepth = 16;

function checkName(name: string, position: number, place: Place): void {
  const slot = (place.parents.length * namesOfDepth + position) % checkedNames.length;
  if (checkedNames[slot] === name) return;
  if (name === "__proto__") throw notEncodable("a property named __proto__", place.path);
  if (!name.isWellFormed()) throw notEncodable(`a property whose name has ${halfPair}`, place.path);
  checkedNames[slot] = name;
}

function plainFields(value: Record<string, unknown>, place: Place): unknown {
  let copy: Record<string, unknown> | undefined;
  const names = Object.keys(value);
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    checkName(name, i, place);
    const field = value[name];
    const plain = plainPart(field, name, place);
    if (plain === field) continue;
    copy ??= { ...value };
    copy[name] = plain;
  }
  return copy ?? value;
}

function notEncodable(what: string, path: Place["path"], name?: string | number): DStreamError {
  const at = [...path, ...(name === undefined ? [] : [name])].join(".");
  const where = at === "" ? "" : ` (at ${at})`;
  return new DStreamError("VALUE_NOT_ENCODABLE", `${what}${where} cannot leave its task`, { data: { path: at } });
}

function whereOf(path: Place["path"]): string {
  return path.length === 0 ? "" : ` (at ${path.join(".")})`;
}
