import { fileURLToPath } from "node:url";
import type { Plugin } from "esbuild";
import { ownModulesKey } from "../../../../runtime/process/job-modules.ts";
import { ownFolder, ownModuleOf, ownModules } from "./own-modules.ts";

const namespace = "dstream";

/**
 * Takes this package's modules out of a job's bundle: whether a job imports them by name or by file, it gets those of the program
 * that loads it. `entry` may be a file of this package; its other files cannot be imported, since they would be a second copy.
 */
export function ownModulePlugin(entry: string): Plugin {
  return {
    name: "own-modules",
    setup({ onResolve, onLoad, resolve }) {
      onResolve({ filter: /^dstream(\/|$)/ }, ({ path }) => (path in ownModules ? { path, namespace } : undefined));
      onResolve({ filter: /^(\.{0,2}\/|file:)/ }, async ({ path, kind, pluginData, ...place }) => {
        if (pluginData === namespace) return undefined;
        const file = path.startsWith("file:") ? fileURLToPath(path) : path;
        const found = await resolve(file, { ...place, kind, pluginData: namespace });
        if (found.errors.length > 0) return undefined;
        if (!found.path.startsWith(ownFolder) || found.path.endsWith(".test.ts") || found.path === entry) return found;
        const name = ownModuleOf(found.path);
        if (name !== undefined) return { path: name, namespace };
        return { errors: [{ text: `${found.path} is an inner file of dstream: import from "dstream" instead` }] };
      });
      onLoad({ filter: /./, namespace }, ({ path }) => {
        const contents = `module.exports = globalThis[Symbol.for("${ownModulesKey}")]["${path}"];`;
        return { contents, loader: "js" };
      });
    },
  };
}
