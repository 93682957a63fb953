import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

/**
 * Code with its source map inside, whose sources are the URLs of the files that were bundled: Node then names these files and
 * their lines in stacks. `sources` in `map` are relative to `folder`.
 */
export function withAbsoluteSources(code: string, map: string, folder: string): string {
  const parsed = JSON.parse(map) as { sources: string[] };
  parsed.sources = parsed.sources.map((source) =>
    isGenerated(source) ? source.replace(/^\.\//, "") : pathToFileURL(resolve(folder, source)).href,
  );
  const encoded = Buffer.from(JSON.stringify(parsed)).toString("base64");
  return `${code}//# sourceMappingURL=data:application/json;base64,${encoded}\n`;
}

/** Modules that the bundler was given without a file. */
function isGenerated(source: string): boolean {
  return /^(\.\/)?dstream:/.test(source);
}
