// MessagePack has no form for some values, or one that loses part of them. These stand for them inside a value that is about to be
// encoded.

/** A Map, whose keys may be of any type. */
export class MapEntries {
  readonly entries: readonly (readonly [unknown, unknown])[];
  constructor(entries: readonly (readonly [unknown, unknown])[]) {
    this.entries = entries;
  }
}

/** The number −0, which would arrive as 0. */
export class NegativeZero {}

/** An array with holes, which would arrive as elements that are undefined. */
export class SparseArray {
  readonly length: number;
  readonly elements: readonly (readonly [number, unknown])[];
  constructor(length: number, elements: readonly (readonly [number, unknown])[]) {
    this.length = length;
    this.elements = elements;
  }
}
