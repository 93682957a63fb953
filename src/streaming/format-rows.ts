/** The text of a row as print() shows it: strings bare, pairs `(a,2)`, other arrays `[1, 2]`, other objects as JSON. */
export function formatRow(row: unknown): string {
  if (typeof row === "string") return row;
  if (Array.isArray(row)) {
    const parts = row.map(formatRow);
    return row.length === 2 ? `(${parts.join(",")})` : `[${parts.join(", ")}]`;
  }
  if (typeof row === "object" && row !== null) return JSON.stringify(row, inWordsOfJSON) ?? String(row);
  return String(row);
}

/** Maps and sets are the arrays of what they have, bytes those of their numbers; errors and big integers are text. */
function inWordsOfJSON(this: Readonly<Record<string, unknown>>, name: string, value: unknown): unknown {
  const own = this[name];
  if (own instanceof Map || own instanceof Set || own instanceof Uint8Array) return [...own];
  return typeof own === "bigint" || own instanceof Error ? String(own) : value;
}

const line = "-".repeat(43);

/** What print() writes for a batch, as Spark's Scala API does: a header, up to `num` rows, `...` when there are more, a blank line. */
export function formatBatch(rows: readonly unknown[], num: number, time: number): string {
  const shown = rows.slice(0, num).map(formatRow);
  const more = rows.length > num ? ["..."] : [];
  return [line, `Time: ${time} ms`, line, ...shown, ...more, "", ""].join("\n");
}
