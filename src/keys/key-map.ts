import { canonicalBytes } from "./canonical-bytes.ts";
import { checkText } from "./check-key.ts";

/**
 * A map whose keys are compared by value (names.md, "keys"). Primitives are keys of a Map themselves, whose comparison is
 * just that (−0 = 0, NaN = NaN) for keys that have canonical bytes; dates, bytes, arrays and objects are found by these. Iterates
 * in order of insertion, primitives first.
 */
export class KeyMap<E extends { readonly key: unknown }> {
  readonly #primitives = new Map<unknown, E>();
  readonly #composites = new Map<string, E>();

  get size(): number {
    return this.#primitives.size + this.#composites.size;
  }

  /** @throws KEY_NOT_CANONICAL */
  get(key: unknown): E | undefined {
    if (!isPrimitive(key)) return this.#composites.get(spelling(key));
    const found = this.#primitives.get(key);
    // No entry has such a key, so only what is not found has to be looked at.
    if (found === undefined && typeof key === "string") checkText(key);
    return found;
  }

  /** Stores an entry under its own key, which is as `canonicalKey` gives it. */
  set(entry: E): void {
    if (isPrimitive(entry.key)) this.#primitives.set(entry.key, entry);
    else this.#composites.set(spelling(entry.key), entry);
  }

  delete(key: unknown): void {
    if (isPrimitive(key)) this.#primitives.delete(key);
    else this.#composites.delete(spelling(key));
  }

  *entries(): Generator<E> {
    yield* this.#primitives.values();
    yield* this.#composites.values();
  }

  clear(): void {
    this.#primitives.clear();
    this.#composites.clear();
  }
}

/** Undefined, functions and symbols are left to canonicalBytes, which refuses them. */
function isPrimitive(key: unknown): boolean {
  const type = typeof key;
  return type === "string" || type === "number" || type === "boolean" || type === "bigint" || key === null;
}

function spelling(key: unknown): string {
  return Buffer.from(canonicalBytes(key)).toString("latin1");
}
