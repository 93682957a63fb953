import { globSync, readFileSync } from "node:fs";

/** A page of the documentation. */
export interface Page {
  readonly path: string;
  readonly lines: readonly string[];
}

/** What people are told to read; decisions tell of their time and are left as they were. */
export function pages(): Page[] {
  return globSync(["README.md", "CONTRIBUTING.md", "{docs,docs/guide,docs/reference,examples,bench}/*.md"])
    .sort()
    .map((path) => ({ path, lines: readFileSync(path, "utf8").split("\n") }));
}
