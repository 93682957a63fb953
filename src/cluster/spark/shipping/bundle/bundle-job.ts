import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { BuildFailure, OutputFile } from "esbuild";
import { bundledModulesKey } from "../../../../runtime/process/job-modules.ts";
import { contentHash, shortHash } from "../content-hash.ts";
import { withAbsoluteSources } from "./absolute-sources.ts";
import { bundleOptions } from "./bundle-options.ts";
import { jobBundleError, nativeCodeError } from "./job-bundle-error.ts";
import { locationConstants } from "./location-constants.ts";
import { type NativeImport, nativeCodePlugin } from "./native-code-plugin.ts";
import { neededNativeCode } from "./needed-native-code.ts";
import { ownModulePlugin } from "./own-module-plugin.ts";

/** What is to be bundled. */
export interface JobSource {
  /** Path of the module that builds the streams and calls `start()`. */
  readonly entry: string;
  /** URLs of further modules, for an entry that imports them by URL with `importJobModule`. */
  readonly modules?: readonly string[];
}

/** A job in one file. */
export interface JobBundle {
  /** "job-<hash>.mjs": other contents have another name. */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** SHA-256 of `bytes`. */
  readonly hash: string;
}

/**
 * Bundles a job's file with all it imports into one ES module, except this package, which the program that loads it has to bring
 * (`ownModules`), and Node's own modules. Its source map names the files on this machine. The same files give the same bytes.
 * Evaluating it first makes its modules known to `importJobModule`, then the entry, and ends as the entry does: never, where
 * `start()` never resolves.
 *
 * @throws INVALID_OPTION when a file or package is missing or no JavaScript; NOT_SUPPORTED for packages that need native code,
 * and files other than JavaScript, TypeScript and JSON
 */
export async function bundleJob({ entry, modules = [] }: JobSource): Promise<JobBundle> {
  const { build } = await import("esbuild");
  const folder = dirname(resolve(entry));
  const roots = [resolve(entry), ...modules.map((url) => fileURLToPath(url))];
  const native: NativeImport[] = [];
  const result = await build({
    ...bundleOptions,
    stdin: { contents: entryCode(resolve(entry), modules), resolveDir: folder, sourcefile: "dstream:entry" },
    absWorkingDir: folder,
    outfile: resolve(folder, "job.mjs"),
    sourcemap: "external",
    sourcesContent: false,
    plugins: [ownModulePlugin(resolve(entry)), nativeCodePlugin(native), locationConstants],
  }).catch((failure: BuildFailure) => {
    throw jobBundleError(failure, roots, folder);
  });
  const needed = await neededNativeCode(native, result.metafile.inputs, roots, folder);
  if (needed !== undefined) throw nativeCodeError(needed);
  const text = (ending: string): string =>
    (result.outputFiles.find(({ path }) => path.endsWith(ending)) as OutputFile).text;
  const bytes = Buffer.from(withAbsoluteSources(text(".mjs"), text(".map"), folder));
  const hash = contentHash(bytes);
  return { name: `job-${shortHash(hash)}.mjs`, bytes, hash };
}

/** The entry's own `await`s come behind the registry, in a module of their own: it may never resolve. */
function entryCode(entry: string, modules: readonly string[]): string {
  const imports = modules.map((url) => `${JSON.stringify(url)}: () => import(${JSON.stringify(fileURLToPath(url))})`);
  return `globalThis[Symbol.for("${bundledModulesKey}")] = { ${imports.join(", ")} };
await import(${JSON.stringify(entry)});
`;
}
