import type { BuildOptions } from "esbuild";
import { nodeConditions } from "./node-conditions.ts";

/** What CommonJS modules need in an ES module, for Node's own modules. */
const requireBanner =
  'import { createRequire as dstreamCreateRequire } from "node:module"; const require = dstreamCreateRequire(import.meta.url);';

/**
 * How job and worker are bundled: one ES module for Node. Modules are found and read as Node does it, so that the bundle does
 * what the files do: no tsconfig.json, only the conditions that this process has. Packages' variants for native code are not
 * asked for.
 */
export const bundleOptions = {
  bundle: true,
  write: false,
  metafile: true,
  format: "esm",
  platform: "node",
  target: "node24",
  conditions: ["module-sync", ...nodeConditions()],
  mainFields: ["main"],
  resolveExtensions: [".js", ".json", ".node"],
  tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true, target: "esnext" } },
  banner: { js: requireBanner },
  legalComments: "none",
  logLevel: "silent",
} as const satisfies BuildOptions;
