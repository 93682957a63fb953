import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder } from "../../src/runtime/files/cache-folder.ts";
import { makeOnce } from "../../src/runtime/files/make-once.ts";
import { thisMachine } from "../../src/runtime/machine/machine.ts";
import { outputOf } from "./processes.ts";

/** A folder of the cache whose `node_modules` has these packages ("name@version"); installed once, without their scripts. */
export function npmTools(name: string, packages: readonly string[]): Promise<string> {
  return makeOnce(thisMachine, join(cacheFolder(), name), async (aside) => {
    await mkdir(aside, { recursive: true });
    await writeFile(join(aside, "package.json"), '{ "private": true, "type": "module" }');
    const flags = ["--prefix", aside, "--ignore-scripts", "--no-audit", "--no-fund"];
    await outputOf("npm", ["install", ...flags, ...packages], { timeoutMs: 300_000 });
  });
}
