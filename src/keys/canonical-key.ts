import { checkElements, checkFields, checkParents, checkText, notCanonical } from "./check-key.ts";

/**
 * A key as rows, partitioners and state get it: the key itself, or a copy where it has −0, which is 0 at any depth. Of equal keys it
 * makes the same.
 *
 * @throws KEY_NOT_CANONICAL for what `canonicalBytes` refuses.
 */
export function canonicalKey(key: unknown): unknown {
  if (typeof key === "string") {
    checkText(key);
    return key;
  }
  if (key === undefined) throw notCanonical("undefined");
  return canonicalPart(key, []);
}

function canonicalPart(value: unknown, parents: object[]): unknown {
  switch (typeof value) {
    case "string":
      checkText(value);
      return value;
    case "number":
      return value === 0 ? 0 : value;
    case "object":
      return value === null ? null : canonicalObject(value, parents);
    case "function":
    case "symbol":
      throw notCanonical(`a ${typeof value}`);
    default:
      return value;
  }
}

function canonicalObject(value: object, parents: object[]): object {
  if (value instanceof Date || value instanceof Uint8Array) return value;
  checkParents(value, parents);
  parents.push(value);
  const canonical = Array.isArray(value)
    ? canonicalArray(value, parents)
    : canonicalFields(value as Record<string, unknown>, parents);
  parents.pop();
  return canonical;
}

function canonicalArray(values: readonly unknown[], parents: object[]): readonly unknown[] {
  checkElements(values);
  let copy: unknown[] | undefined;
  for (let i = 0; i < values.length; i++) {
    const canonical = canonicalPart(values[i], parents);
    if (Object.is(canonical, values[i])) continue;
    copy ??= [...values];
    copy[i] = canonical;
  }
  return copy ?? values;
}

function canonicalFields(value: Record<string, unknown>, parents: object[]): Record<string, unknown> {
  checkFields(value);
  let copy: Record<string, unknown> | undefined;
  for (const [name, field] of Object.entries(value)) {
    const canonical = canonicalPart(field, parents);
    if (Object.is(canonical, field)) continue;
    copy ??= { ...value };
    copy[name] = canonical;
  }
  return copy ?? value;
}
