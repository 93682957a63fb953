import { DStreamError } from "../errors/dstream-error.ts";

// What has no canonical bytes, or shares them with something else, is no key, and no part of one.

export function notCanonical(what: string): DStreamError {
  return new DStreamError("KEY_NOT_CANONICAL", `${what} cannot be a key, or part of one`);
}

/** @throws KEY_NOT_CANONICAL for half of a surrogate pair. */
export function checkText(text: string): void {
  if (!text.isWellFormed()) throw notCanonical("a text with half of a surrogate pair");
}

/** Deeper ones could not be looked into to their end. */
const deepest = 256;

/** @throws KEY_NOT_CANONICAL for an object that is one of those that it stands in, and for one that stands too deep. */
export function checkParents(value: object, parents: readonly object[]): void {
  if (parents.length >= deepest) throw notCanonical(`a value more than ${deepest} deep`);
  if (parents.includes(value)) throw notCanonical("an object that contains itself");
}

/** @throws KEY_NOT_CANONICAL for holes. */
export function checkElements(values: readonly unknown[]): void {
  for (let i = 0; i < values.length; i++) {
    if (values[i] === undefined && !(i in values)) throw notCanonical("an array with holes");
  }
}

/** @throws KEY_NOT_CANONICAL for what is no plain object, and for names that cannot be kept. */
export function checkFields(value: object): void {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw notCanonical(`an instance of ${value.constructor?.name ?? "a class"}`);
  }
  for (const name of Object.keys(value)) {
    checkText(name);
    if (name === "__proto__") throw notCanonical("an object with a property named __proto__");
  }
}
