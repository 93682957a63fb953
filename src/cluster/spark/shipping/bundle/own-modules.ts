import { extname, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of this package's modules: `src` in a clone, `dist` in what is published. */
export const ownFolder = fileURLToPath(new URL("../../../../", import.meta.url));
/** Of this package's modules: ".ts" or ".js". */
export const ownExtension = extname(import.meta.url);

/**
 * The modules of this package that a bundled job gets from the worker's program instead of bringing its own: there must be one
 * copy of the package. By the name a job imports them by, with their files below `ownFolder`. The last one is for the test kit's
 * own entry.
 */
export const ownModules: Readonly<Record<string, string>> = {
  dstream: "index",
  "dstream/testing": "testing/index",
  "dstream/broker": "broker/index",
  "dstream/http-receiver": "receivers/http-receiver",
  "dstream/kinesis-receiver": "receivers/kinesis-receiver",
  "dstream/flume-receiver": "receivers/flume-receiver",
  "dstream/testing/serve-test-jobs": "testing/serve-test-jobs",
};

/** The name in `ownModules` of a file of this package. Undefined for its other files. */
export function ownModuleOf(path: string): string | undefined {
  const file = relative(ownFolder, path).slice(0, -ownExtension.length).replaceAll(sep, "/");
  return Object.keys(ownModules).find((name) => ownModules[name] === file);
}
