import { checkElements, checkFields, checkParents, checkText, notCanonical } from "./check-key.ts";

// Equal keys have equal bytes and different keys different ones: a tag for the type, then the value. Parts of arrays and
// objects carry their length, so that no two values share a spelling. Part of the checkpoint format (names.md, "keys").

export const tags = {
  null: 0,
  false: 1,
  true: 2,
  number: 3,
  string: 4,
  bigint: 5,
  date: 6,
  bytes: 7,
  array: 8,
  object: 9,
  undefined: 10,
} as const;

/** The canonical bytes of a key. @throws KEY_NOT_CANONICAL for what has no value to compare by. */
export function canonicalBytes(key: unknown): Uint8Array {
  if (key === undefined) throw notCanonical("undefined");
  return encode(key, []);
}

function encode(value: unknown, path: object[]): Uint8Array {
  switch (typeof value) {
    case "string":
      checkText(value);
      return tagged(tags.string, Buffer.from(value, "utf8"));
    case "number":
      return tagged(tags.number, floatBytes(value));
    case "boolean":
      return Uint8Array.of(value ? tags.true : tags.false);
    case "bigint":
      return tagged(tags.bigint, Buffer.from(value.toString(), "latin1"));
    case "undefined":
      return Uint8Array.of(tags.undefined);
    case "object":
      return value === null ? Uint8Array.of(tags.null) : encodeObject(value, path);
    default:
      throw notCanonical(`a ${typeof value}`);
  }
}

function encodeObject(value: object, path: object[]): Uint8Array {
  if (value instanceof Date) return tagged(tags.date, floatBytes(value.getTime()));
  if (value instanceof Uint8Array) return tagged(tags.bytes, value);
  checkParents(value, path);
  const inner = [...path, value];
  if (Array.isArray(value)) {
    checkElements(value);
    return tagged(tags.array, ...value.flatMap((element) => sized(encode(element, inner))));
  }
  checkFields(value);
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  const parts = fields.flatMap(([name, field]) => [
    ...sized(Buffer.from(name, "utf8")),
    ...sized(encode(field, inner)),
  ]);
  return tagged(tags.object, ...parts);
}

/** −0 is 0 and every NaN is one NaN. */
function floatBytes(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value === 0 ? 0 : value);
  return Number.isNaN(value) ? Uint8Array.of(0x7f, 0xf8, 0, 0, 0, 0, 0, 0) : bytes;
}

function sized(bytes: Uint8Array): [Uint8Array, Uint8Array] {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length);
  return [length, bytes];
}

function tagged(tag: number, ...parts: Uint8Array[]): Uint8Array {
  return Buffer.concat([Uint8Array.of(tag), ...parts]);
}
