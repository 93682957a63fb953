import { join } from "node:path";
import type { OutputFile } from "esbuild";
import { ownModulesKey } from "../../../runtime/process/job-modules.ts";
import { bundleOptions } from "./bundle/bundle-options.ts";
import { ownExtension, ownFolder, ownModules } from "./bundle/own-modules.ts";

const own = (module: string): string => join(ownFolder, `${module}${ownExtension}`);
const ownMain = own("cluster/spark/worker/main");
/** What the context of a job imports when it starts one, with Spark's client: in a worker it starts none. */
const ofDriver = [own("streaming/context/make-driver"), own("streaming/context/get-or-create")];

/**
 * The worker's program in one file, with all it needs of this package and its dependencies: runs `main` and gives this package's
 * modules to the jobs it loads. Native add-ons are left out; what uses them goes on without. What drives a job is left out, too, and
 * with it Spark's client and the bundler, and the client of Kinesis, whose receiver runs in the driver.
 */
export async function bundleWorker(main = ownMain): Promise<Uint8Array> {
  const { build } = await import("esbuild");
  const { outputFiles } = await build({
    ...bundleOptions,
    stdin: { contents: entryCode(main), resolveDir: ownFolder, sourcefile: "dstream:worker" },
    absWorkingDir: ownFolder,
    // This variant has its WebAssembly inside; the other one reads a file beside it.
    alias: { "@platformatic/wasm-utils": "@platformatic/wasm-utils/bundled" },
    external: [...ofDriver, "@aws-sdk/client-kinesis", "@node-rs/crc32", "msgpackr-extract"],
    minifyWhitespace: true,
  });
  return (outputFiles[0] as OutputFile).contents;
}

/** A module of this package is evaluated when a job first asks for it: few need the broker or the test kit. */
function entryCode(main: string): string {
  const getters = Object.entries(ownModules).map(
    ([name, file]) =>
      `get ${JSON.stringify(name)}() { return require(${JSON.stringify(`./${file}${ownExtension}`)}); }`,
  );
  return `globalThis[Symbol.for("${ownModulesKey}")] = { ${getters.join(", ")} };
await import(${JSON.stringify(main)});
`;
}
