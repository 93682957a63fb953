import { join } from "node:path";
import { cacheFolder } from "../../src/runtime/files/cache-folder.ts";
import { makeOnce } from "../../src/runtime/files/make-once.ts";
import { thisMachine } from "../../src/runtime/machine/machine.ts";
import { outputOf } from "./processes.ts";

/** A folder of the cache with the jars that a pom names; downloaded once. `settings` go to Maven. */
export function mavenJars(name: string, pom: string, ...settings: readonly string[]): Promise<string> {
  return makeOnce(thisMachine, join(cacheFolder(), name), async (aside) => {
    const goal = ["dependency:copy-dependencies", `-DoutputDirectory=${aside}`, ...settings];
    await outputOf("mvn", ["-q", "-B", "-ntp", "-f", pom, ...goal]);
  });
}
