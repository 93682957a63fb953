import { jsonText } from "../../codec/json-text.ts";
import { isPair, type RowShape } from "../../plan/row-shape.ts";

/**
 * The text of a row as print() shows it: strings bare, pairs `(a,2)`, other arrays `[1, 2]`, other objects as JSON.
 *
 * @throws VALUE_NOT_ENCODABLE for what JSON cannot say.
 */
export function formatRow(row: unknown): string {
  return formatted(row, 0);
}

/** Arrays as deep as no row that leaves its task. */
const deepest = 256;

function formatted(row: unknown, depth: number): string {
  if (typeof row === "string") return row;
  if (depth > deepest) return jsonText(row);
  if (isPair(row)) return `(${formatted(row[0], depth + 1)},${formatted(row[1], depth + 1)})`;
  if (Array.isArray(row)) return formatArray(row, depth);
  return typeof row === "object" && row !== null ? jsonText(row) : String(row);
}

/** As `formatRow`, for the rows of a stream: where none is a pair, an array of two is shown as any other. */
export function rowFormat(shape: RowShape): (row: unknown) => string {
  return shape === "values" ? (row) => (Array.isArray(row) ? formatArray(row, 0) : formatRow(row)) : formatRow;
}

function formatArray(row: readonly unknown[], depth: number): string {
  return `[${Array.from(row, (part) => formatted(part, depth + 1)).join(", ")}]`;
}

const line = "-".repeat(43);

/** What print() writes for a batch, as Spark's Scala API does: a header, up to `num` rows, `...` when there are more, a blank line. */
export function formatBatch(rows: readonly unknown[], num: number, time: number, format = formatRow): string {
  const shown = rows.slice(0, num).map(format);
  const more = rows.length > num ? ["..."] : [];
  return [line, `Time: ${time} ms`, line, ...shown, ...more, "", ""].join("\n");
}
