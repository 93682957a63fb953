/** Bytes that arrive over time, taken in order by one reader. */
export interface ByteSource {
  /**
   * The next `length` bytes; they may be a view of what arrived and are never written to again.
   * Memory grows with what has arrived, never with `length` alone. Rejects when the bytes end before.
   */
  read(length: number): Promise<Buffer>;
}
