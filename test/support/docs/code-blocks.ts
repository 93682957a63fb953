import type { Page } from "./pages.ts";

/** Code in a page. */
export interface CodeBlock {
  readonly path: string;
  /** Of its first line, from 1. */
  readonly line: number;
  /** What the fence says; "sh" for blocks that are indented by four blanks, which are commands everywhere here. */
  readonly language: string;
  readonly text: string;
}

/** The code blocks of a page, in their order. */
export function codeBlocks({ path, lines }: Page): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  for (let at = 0; at < lines.length; at++) {
    const fence = /^```(\w*)$/.exec(lines[at] ?? "");
    const from = fence === null ? at : at + 1;
    const isIn = (line: string | undefined): boolean => {
      if (fence !== null) return line !== "```";
      return line?.startsWith("    ") === true;
    };
    let until = from;
    while (until < lines.length && isIn(lines[until])) until++;
    if (until === from) continue;
    const text = lines.slice(from, until).map((line) => (fence === null ? line.slice(4) : line));
    blocks.push({ path, line: from + 1, language: fence?.[1] ?? "sh", text: text.join("\n") });
    at = until;
  }
  return blocks;
}

/** The TypeScript that a page's fragments take for granted: what stands in its comments `<!-- given: … -->`. */
export function givens({ lines }: Page): string {
  return [...lines.join("\n").matchAll(/<!-- given:(.*?)-->/gs)].map(([, text]) => text as string).join("\n");
}

/** The cells of a page's tables in columns with the given head, without the marks of inline code. */
export function tableCode({ path, lines }: Page, head: string): CodeBlock[] {
  const cells: CodeBlock[] = [];
  let column = -1;
  for (const [index, line] of lines.entries()) {
    if (!line.startsWith("|")) {
      column = -1;
      continue;
    }
    const row = line.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
    if (column < 0) column = row.indexOf(head);
    const code = column < 0 ? undefined : /^`(.+)`$/.exec(row[column] ?? "")?.[1];
    if (code !== undefined) cells.push({ path, line: index + 1, language: "ts", text: code });
  }
  return cells;
}
