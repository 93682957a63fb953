/** A row of mapWithState's node, which two streams are made of: what the function returned, or a key with its state. */
export type MappedRow = readonly ["mapped", unknown] | readonly ["snapshot", readonly [unknown, unknown]];

export function mappedValue([kind, row]: MappedRow): readonly unknown[] {
  return kind === "mapped" ? [row] : [];
}

export function snapshotPair([kind, row]: MappedRow): readonly unknown[] {
  return kind === "snapshot" ? [row] : [];
}
