/** The text of a row as print() shows it: strings bare, pairs `(a,2)`, other arrays `[1, 2]`, other objects as JSON. */
export function formatRow(row: unknown): string {
  if (typeof row === "string") return row;
  if (Array.isArray(row)) {
    const parts = row.map(formatRow);
    return row.length === 2 ? `(${parts.join(",")})` : `[${parts.join(", ")}]`;
  }
  if (typeof row === "object" && row !== null) return JSON.stringify(row, bigintsAsText) ?? String(row);
  return String(row);
}

function bigintsAsText(_name: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}

const line = "-".repeat(43);

/** What print() writes for a batch, as Spark's Scala API does: a header, up to `num` rows, `...` when there are more, a blank line. */
export function formatBatch(rows: readonly unknown[], num: number, time: number): string {
  const shown = rows.slice(0, num).map(formatRow);
  const more = rows.length > num ? ["..."] : [];
  return [line, `Time: ${time} ms`, line, ...shown, ...more, "", ""].join("\n");
}
