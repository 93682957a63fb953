/** One line of a file of Java properties. */
export interface Property {
  readonly key: string;
  readonly value: string;
  /** Where it begins, from 1 on. */
  readonly line: number;
}

const escapes: Readonly<Record<string, string>> = { t: "\t", n: "\n", r: "\r", f: "\f" };

/** Reads what java.util.Properties writes: comments, lines that go on after a backslash, escapes, "=", ":" or a space after the key. */
export function javaProperties(text: string): Property[] {
  const properties: Property[] = [];
  const lines = text.split(/\r\n|\r|\n/);
  for (let at = 0; at < lines.length; at++) {
    const line = at + 1;
    let logical = (lines[at] as string).trimStart();
    if (logical === "" || /^[#!]/.test(logical)) continue;
    while (endsInBackslash(logical) && at + 1 < lines.length) {
      logical = logical.slice(0, -1) + (lines[++at] as string).trimStart();
    }
    const [, key = "", value = ""] = /^((?:\\.|[^\\=:\s])*)\s*[=:]?\s*(.*)$/s.exec(logical) ?? [];
    properties.push({ key: unescaped(key), value: unescaped(value), line });
  }
  return properties;
}

function endsInBackslash(text: string): boolean {
  return (/\\*$/.exec(text)?.[0].length ?? 0) % 2 === 1;
}

function unescaped(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(.?))/gs, (_, hex: string | undefined, other: string) =>
    hex === undefined ? (escapes[other] ?? other) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
