/** Parts of an array or object that are looked at, and how deep; the others are taken to be like them. */
const [sample, deepest] = [8, 4];
/** What a number, a reference or the like takes. */
const slot = 8;

/** About as many bytes as a row takes, soon said: for limits of memory. */
export function roughBytes(row: unknown, depth = 0): number {
  if (typeof row === "string") return slot + row.length;
  if (typeof row !== "object" || row === null || depth === deepest) return slot;
  if (ArrayBuffer.isView(row) || row instanceof ArrayBuffer) return slot + row.byteLength;
  const parts: readonly unknown[] = Array.isArray(row) ? row : Object.values(row);
  if (parts.length <= sample) return slot + sum(parts, depth);
  const step = parts.length / sample;
  const taken = Array.from({ length: sample }, (_, i) => parts[Math.floor(i * step)]);
  return slot + sum(taken, depth) * step;
}

function sum(parts: readonly unknown[], depth: number): number {
  let bytes = 0;
  for (const part of parts) bytes += slot + roughBytes(part, depth + 1);
  return bytes;
}
