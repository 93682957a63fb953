// Tables in docs/architecture.md of files that may do what the others may not, each with its reason.

/** The files of the table in a section: rows that begin with a path in backquotes, of a file, or of a folder with a slash at its end. */
export function allowedOf(markdown: string, heading: string): string[] {
  return [...sectionOf(markdown, heading).matchAll(/^\| `([\w/.-]+)` \|/gm)].map(([, path]) => path as string);
}

/** What stands under a heading of the second level. */
export function sectionOf(markdown: string, heading: string): string {
  const [, section = ""] = markdown.split(new RegExp(`^## ${heading}$`, "m"));
  return section.split(/^## /m)[0] ?? "";
}

/** The row that allows a file; paths of rows are from `src` on. */
export function rowFor(file: string, allowed: readonly string[]): string | undefined {
  return allowed.find((path) => (path.endsWith("/") ? file.startsWith(`src/${path}`) : file === `src/${path}`));
}

/** A text of TypeScript without its comments. */
export function codeOf(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
}
