import { readFileSync } from "node:fs";
import { DStreamError } from "../../errors/dstream-error.ts";

/** What jobs on Spark alone need: optional peers of this package, so that nobody else has to install them. */
const packages = ["@bufbuild/protobuf", "@connectrpc/connect", "@connectrpc/connect-node", "esbuild"] as const;

/** @throws PACKAGE_MISSING, which has the command that installs those that cannot be loaded. */
export async function requireSparkPackages(): Promise<void> {
  // By names that bundlers leave alone: the packages are the program's.
  const loaded = await Promise.allSettled(packages.map((name) => import(name)));
  const missing = packages.filter((_, i) => loaded[i]?.status === "rejected");
  if (missing.length === 0) return;
  const versions = testedVersions();
  const command = `npm install ${missing.map((name) => `${name}@${versions[name]}`).join(" ")}`;
  const text = `jobs on Spark need ${missing.join(", ")}, which could not be loaded: ${command}`;
  const cause = loaded.find((result) => result.status === "rejected")?.reason;
  throw new DStreamError("PACKAGE_MISSING", text, { cause, data: { packages: missing, command } });
}

/** Those that this version was tested with. */
function testedVersions(): Readonly<Record<string, string>> {
  const manifest = readFileSync(new URL("../../../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { devDependencies: Record<string, string> }).devDependencies;
}
