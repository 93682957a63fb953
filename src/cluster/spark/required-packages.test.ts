import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { type TestContext, test } from "node:test";
import { DStreamError } from "../../errors/dstream-error.ts";
import { requireSparkPackages } from "./required-packages.ts";

const required = ["@bufbuild/protobuf", "@connectrpc/connect", "@connectrpc/connect-node", "esbuild"];
const manifest = JSON.parse(readFileSync("package.json", "utf8")) as Record<string, Record<string, unknown>>;
const tested = (name: string): string => `${name}@${manifest.devDependencies?.[name]}`;

/** Makes packages look as if they were not installed, until the test ends. */
function hide(t: TestContext, names: readonly string[]): void {
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      if (names.includes(specifier)) throw new Error(`Cannot find package '${specifier}'`);
      return next(specifier, context);
    },
  });
  t.after(() => hooks.deregister());
}

for (const missing of [required, ["@connectrpc/connect-node", "esbuild"], ["@bufbuild/protobuf"]]) {
  test(`without ${missing.join(", ")} the error has the command that installs just that`, async (t) => {
    hide(t, missing);
    await assert.rejects(requireSparkPackages(), (error: unknown) => {
      assert.ok(error instanceof DStreamError);
      const command = `npm install ${missing.map(tested).join(" ")}`;
      const text = `jobs on Spark need ${missing.join(", ")}, which could not be loaded: ${command}`;
      assert.equal(error.message, `[PACKAGE_MISSING] ${text}`);
      assert.deepEqual(error.data, { packages: missing, command });
      assert.match((error.cause as Error).message, /^Cannot find package/);
      return true;
    });
  });
}

test("where they are installed nothing is missing", async () => {
  await requireSparkPackages();
});

test("they are optional peers, and the guide says how to install them", () => {
  for (const name of required) {
    assert.deepEqual(manifest.peerDependenciesMeta?.[name], { optional: true }, name);
    assert.match(String(manifest.peerDependencies?.[name]), /^>=\d+\.\d+\.\d+ <\d+/, name);
    assert.equal(manifest.dependencies?.[name], undefined, name);
  }
  const guide = readFileSync("docs/guide/running-on-spark.md", "utf8");
  assert.ok(guide.includes(`\n    npm install ${required.map(tested).join(" ")}\n`));
});

test("Spark's code alone imports them", () => {
  const files = globSync("src/**/*.ts").filter((path) => !path.endsWith(".test.ts"));
  const names = new RegExp(`(?:from|import|import\\() ?"(?:${required.join("|")})[/"]`);
  const importing = files.filter((path) => names.test(readFileSync(path, "utf8")));
  assert.ok(importing.length > 10);
  assert.deepEqual(
    importing.filter((path) => !path.startsWith("src/cluster/spark/")),
    [],
  );
});
