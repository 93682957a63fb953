import type { Plugin, ResolveResult } from "esbuild";
import { isNativeFront, loadsNativeCode, packageOf } from "./native-package.ts";

const namespace = "dstream-native";

/** An import of native code: by which file, in which words, and the package that the code belongs to. */
export interface NativeImport {
  readonly importer: string;
  readonly specifier: string;
  readonly packageName: string;
}

/**
 * Puts a module that throws in the place of native code, and adds who imports it to `found`. Packages often try native code and
 * go on without it; whether one does is found out afterwards.
 */
export function nativeCodePlugin(found: NativeImport[]): Plugin {
  return {
    name: "native-code",
    setup({ onResolve, onLoad, resolve }) {
      onResolve({ filter: /\.node$|^[^./#]/ }, async ({ path, importer, kind, pluginData, ...place }) => {
        if (pluginData === namespace || kind === "entry-point" || path.startsWith("node:")) return undefined;
        const packageName = loadsNativeCode(path)
          ? (packageOf(importer)?.name ?? path)
          : frontOf(await resolve(path, { ...place, importer, kind, pluginData: namespace }));
        if (packageName === undefined) return undefined;
        found.push({ importer, specifier: path, packageName });
        return { path: packageName, namespace };
      });
      onLoad({ filter: /./, namespace }, ({ path }) => {
        const text = `${path} needs native code, which is not shipped to Spark's executors`;
        return { contents: `throw new Error(${JSON.stringify(text)});`, loader: "js" };
      });
    },
  };
}

function frontOf({ path, external }: ResolveResult): string | undefined {
  const owner = external ? undefined : packageOf(path);
  return owner !== undefined && isNativeFront(owner.folder) ? owner.name : undefined;
}
