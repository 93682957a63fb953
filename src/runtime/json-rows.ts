/** Arrays and objects in one another. Rows are walked through by functions that call themselves. */
const deepestRow = 256;
/** What a text that is deeper has at least: brackets that open, and as many that close. */
const shortestDeepText = 2 * (deepestRow + 1);

/**
 * The value of a JSON text from outside.
 *
 * @throws SyntaxError for what is no JSON; RangeError for what could not leave its task as a row, or a part of one: a property
 * `__proto__`, arrays and objects more than 256 deep, half of a surrogate pair ("\ud800") in a text or a name.
 */
export function parseJsonRow(text: string): unknown {
  const value: unknown = JSON.parse(text);
  // The name may be written with escapes, and half of a surrogate pair can only be: text that was bytes has none.
  const isSuspect = text.length >= shortestDeepText || text.includes("__proto__") || text.includes("\\u");
  if (isSuspect && !canBeRow(value, deepestRow)) throw new RangeError("JSON that cannot be a row");
  return value;
}

function canBeRow(value: unknown, depthLeft: number): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value !== "object" || value === null) return true;
  if (depthLeft === 0 || Object.hasOwn(value, "__proto__")) return false;
  return Object.entries(value).every(([name, inner]) => name.isWellFormed() && canBeRow(inner, depthLeft - 1));
}
