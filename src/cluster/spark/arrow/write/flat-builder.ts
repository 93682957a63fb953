// Writes a flatbuffer front to back: a table, then whatever it refers to, so that all references point forwards as the format
// demands. Each table is preceded by its own vtable; the few that are written per batch make sharing vtables pointless.

/** A field's value as it is stored: a number of some size, or a reference to what follows. */
export type FlatValue =
  | { readonly bytes: 1 | 2 | 4; readonly value: number }
  | { readonly bytes: 8; readonly value: number }
  | { readonly reference: FlatObject };

export type FlatObject =
  /** Fields by slot; undefined leaves a field at its default. */
  | { readonly kind: "table"; readonly fields: readonly (FlatValue | undefined)[] }
  | { readonly kind: "tables"; readonly items: readonly FlatObject[] }
  | { readonly kind: "string"; readonly text: string }
  /** A vector of structs of two 64-bit lengths. */
  | { readonly kind: "pairs"; readonly pairs: readonly (readonly [number, number])[] };

export const uint8 = (value: number): FlatValue => ({ bytes: 1, value });
export const int16 = (value: number): FlatValue => ({ bytes: 2, value });
export const int32 = (value: number): FlatValue => ({ bytes: 4, value });
/** A safe integer in 64 bits. */
export const int64 = (value: number): FlatValue => ({ bytes: 8, value });
export const reference = (object: FlatObject): FlatValue => ({ reference: object });
export const table = (...fields: readonly (FlatValue | undefined)[]): FlatObject => ({ kind: "table", fields });

/** The flatbuffer whose root is `root`. */
export function writeFlatbuffer(root: FlatObject): Buffer {
  const writer = new FlatWriter();
  writer.refer(0, root);
  return writer.finish();
}

class FlatWriter {
  #buffer = Buffer.alloc(1024);
  /** The root's reference comes first. */
  #end = 4;
  readonly #open: { readonly at: number; readonly object: FlatObject }[] = [];

  /** The reference at `at` will point to `object`, once it is written. */
  refer(at: number, object: FlatObject): void {
    this.#open.push({ at, object });
  }

  finish(): Buffer {
    for (let next = this.#open.shift(); next !== undefined; next = this.#open.shift()) {
      const position = this.#write(next.object);
      this.#buffer.writeUInt32LE(position - next.at, next.at);
    }
    return this.#buffer.subarray(0, this.#end);
  }

  #write(object: FlatObject): number {
    switch (object.kind) {
      case "table":
        return this.#table(object.fields);
      case "tables": {
        const at = this.#vector(object.items.length, 4, 4);
        for (const [i, item] of object.items.entries()) this.refer(at + 4 + 4 * i, item);
        return at;
      }
      case "pairs": {
        const at = this.#vector(object.pairs.length, 16, 8);
        for (const [i, [first, second]] of object.pairs.entries()) {
          this.#long(at + 4 + 16 * i, first);
          this.#long(at + 12 + 16 * i, second);
        }
        return at;
      }
      case "string": {
        const text = Buffer.from(object.text, "utf8");
        const at = this.#vector(text.length, 1, 4);
        this.#buffer.set(text, at + 4);
        // A string ends with a zero that its length leaves out.
        this.#take(1, 1);
        return at;
      }
    }
  }

  #table(fields: readonly (FlatValue | undefined)[]): number {
    const vtableBytes = 4 + 2 * fields.length;
    const vtable = this.#take(vtableBytes, 2);
    const at = this.#take(4, 8);
    this.#buffer.writeInt32LE(at - vtable, at);
    for (const [slot, field] of fields.entries()) {
      if (field === undefined) continue;
      const position = this.#field(field);
      this.#buffer.writeUInt16LE(position - at, vtable + 4 + 2 * slot);
    }
    this.#buffer.writeUInt16LE(vtableBytes, vtable);
    this.#buffer.writeUInt16LE(this.#end - at, vtable + 2);
    return at;
  }

  #field(field: FlatValue): number {
    if ("reference" in field) {
      const position = this.#take(4, 4);
      this.refer(position, field.reference);
      return position;
    }
    const position = this.#take(field.bytes, field.bytes);
    if (field.bytes === 8) this.#long(position, field.value);
    else this.#buffer.writeIntLE(field.value, position, field.bytes);
    return position;
  }

  /** Room for a vector: its count, then elements aligned to `alignment`. Returns the position of the count. */
  #vector(count: number, elementBytes: number, alignment: number): number {
    const padding = (alignment - ((this.#end + 4) % alignment)) % alignment;
    this.#take(padding, 1);
    const at = this.#take(4 + count * elementBytes, 4);
    this.#buffer.writeUInt32LE(count, at);
    return at;
  }

  #long(at: number, value: number): void {
    this.#buffer.writeBigInt64LE(BigInt(value), at);
  }

  /** Room of zeros behind what was written. */
  #take(length: number, alignment: number): number {
    const at = Math.ceil(this.#end / alignment) * alignment;
    this.#end = at + length;
    if (this.#end > this.#buffer.length) {
      const larger = Buffer.alloc(Math.max(this.#end, 2 * this.#buffer.length));
      this.#buffer.copy(larger);
      this.#buffer = larger;
    }
    return at;
  }
}
