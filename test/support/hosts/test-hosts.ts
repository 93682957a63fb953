// npm run test:spark:hosts -- [--slow] [FILE…]: tests on a Spark whose hosts are namespaces that this makes. Installs first.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { globSync } from "node:fs";
import { parseArgs } from "node:util";
import { fromSources } from "../from-sources.ts";
import { onEnd } from "../processes.ts";
import { sparkInstallation } from "../spark/spark-installation.ts";
import { inNamespaces, whyNoNamespaces } from "./namespaces.ts";
import { runFolderToGive } from "./run-folder.ts";

const { values, positionals } = parseArgs({
  options: { slow: { type: "boolean", default: false } },
  allowPositionals: true,
});
const pattern = values.slow ? "test/spark-hosts/slow/*.test.ts" : "test/spark-hosts/*.test.ts";
const files = positionals.length > 0 ? positionals : globSync(pattern).sort();

const why = await whyNoNamespaces();
if (why !== undefined) {
  console.log(
    `not run: hosts need network and mount namespaces, which this user may not make here (root may):\n${why}`,
  );
  process.exit(0);
}
try {
  await sparkInstallation();
} catch (error) {
  console.error((error as Error).message);
  process.exit(2);
}
const { env, remove } = runFolderToGive();
onEnd(remove);
for (const file of files) if (!(await run(file))) process.exitCode = 1;

/** One file in namespaces of its own. */
async function run(file: string): Promise<boolean> {
  const flags = [fromSources, "--test", "--test-timeout=600000", "--test-reporter=spec"];
  const [command, ...args] = inNamespaces([process.execPath, ...flags, file]);
  const child = spawn(command as string, args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const forget = onEnd(() => child.kill("SIGKILL"));
  const [code] = await once(child, "exit");
  forget();
  return code === 0;
}
