import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Metafile, Plugin } from "esbuild";
import { bundleOptions } from "./bundle-options.ts";
import type { NativeImport } from "./native-code-plugin.ts";

/** `file` cannot do without native code of `packageName`. */
export interface NeededNativeCode {
  readonly packageName: string;
  readonly file: string;
}

/** Nothing can be found from here. */
const nowhere = resolve("/dstream/no/such/folder");

/**
 * What of the native code that was found a job cannot do without: no module between it and one of the roots goes on without it,
 * since it imports by `require` in a `try` or dynamically.
 * @param inputs modules of the bundle, relative to `folder`
 */
export async function neededNativeCode(
  found: readonly NativeImport[],
  inputs: Metafile["inputs"],
  roots: readonly string[],
  folder: string,
): Promise<NeededNativeCode | undefined> {
  for (const { importer, specifier, packageName } of found) {
    const waiting = [{ file: importer, specifier }];
    const seen = new Set<string>();
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { file } = next;
      if (seen.has(file) || (await goesOnWithout(next.specifier, file))) continue;
      seen.add(file);
      if (roots.includes(file)) return { packageName, file: importer };
      waiting.push(...importersOf(file, inputs, folder));
    }
  }
  return undefined;
}

function importersOf(file: string, inputs: Metafile["inputs"], folder: string): { file: string; specifier: string }[] {
  return Object.entries(inputs).flatMap(([importer, { imports }]) =>
    imports
      .filter(({ path, kind }) => resolve(folder, path) === file && kind !== "dynamic-import")
      .map(({ original }) => ({ file: resolve(folder, importer), specifier: original as string })),
  );
}

/**
 * Whether a file handles the failure of an import. The bundler knows: it warns, instead of failing, of a module that is missing
 * there. So it is given the file's text with this module missing, and nothing else.
 */
async function goesOnWithout(specifier: string, file: string): Promise<boolean> {
  const { build } = await import("esbuild");
  const stdin = { contents: await readFile(file), resolveDir: nowhere, loader: loaderOf(file) } as const;
  const others: Plugin = {
    name: "others",
    setup({ onResolve }) {
      onResolve({ filter: /./ }, ({ path, kind }) =>
        path === specifier && kind !== "dynamic-import" ? undefined : { path, external: true },
      );
    },
  };
  return build({ ...bundleOptions, stdin, plugins: [others] }).then(
    () => true,
    () => false,
  );
}

function loaderOf(file: string): "ts" | "js" {
  return /\.[cm]?ts$/.test(file) ? "ts" : "js";
}
