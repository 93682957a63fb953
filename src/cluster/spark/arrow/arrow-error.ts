/** Bytes that are no Arrow IPC stream, or a damaged one. Whoever read them knows where they came from and says so. */
export class ArrowError extends Error {
  override readonly name = "ArrowError";
}
