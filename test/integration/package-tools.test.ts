import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { after, before, describe, test } from "node:test";
import { npmTools } from "../support/npm-tools.ts";
import { packPackage } from "../support/packed-package.ts";
import { outputOf } from "../support/processes.ts";

// The packed package in the hands of the tools that people install, run, bundle and test their programs with.

const node = process.execPath;
const folder = realpathSync(mkdtempSync(join(tmpdir(), "dstream-tools-")));
let archive: string;
let toolsFolder: string;

before(async () => {
  ({ archive } = await packPackage(folder));
  toolsFolder = await npmTools("package-tools-1", [
    ...["vitest@5.1.2", "jest@30.5.2", "webpack@5.113.0", "webpack-cli@7.3.1", "esbuild@0.28.2"],
    ...["tsx@4.23.15", "ts-node@10.9.2", "typescript@5.9.3", "@types/node@24.19.2"],
    ...["pnpm@10.34.9", "yarn@1.22.22", "@yarnpkg/cli-dist@4.18.1", "@oven/bun-linux-x64@1.4.5"],
  ]);
});
after(() => rmSync(folder, { recursive: true }));

const tool = (path: string): string => join(toolsFolder, "node_modules", path);
const bun = (): string => tool("@oven/bun-linux-x64/bin/bun");

/** Counts the words that it is given as arguments. What stands before `main` differs between kinds of modules. */
const main = `
async function main() {
  const ssc = new StreamingContext({ appName: "words", batchInterval: seconds(0.1) });
  const counts = ssc.queueStream([process.argv.slice(2)]).map((word) => [word, 1]).reduceByKey((a, b) => a + b);
  counts.foreachRDD(async (rdd) => {
    const rows = await rdd.collect();
    if (rows.length > 0) console.log(JSON.stringify(rows.sort()));
    void ssc.stop();
  });
  await ssc.start();
  await ssc.awaitTermination();
}
await main();
`;
const modules = `import { StreamingContext, seconds } from "dstream";\n${main}`;
const words = ["b", "a", "b"];
const counted = '[["a",1],["b",2]]\n';

/** A project of its own with these files. */
function project(name: string, files: Readonly<Record<string, string>>): string {
  const root = join(folder, name);
  const manifest = JSON.stringify({ name, version: "1.0.0", private: true, type: "module" });
  for (const [path, text] of Object.entries({ "package.json": manifest, ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const npmInstall = (root: string, ...packages: readonly string[]) =>
  outputOf("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", ...packages], { cwd: root });

/** Runs a program on one thread and on two worker threads. */
async function assertCounts(root: string, command: string, ...args: readonly string[]): Promise<void> {
  for (const master of ["local", "local[2]"]) {
    const env = { DSTREAM_MASTER: master };
    const output = await outputOf(command, [...args, ...words], { cwd: root, env, timeoutMs: 60_000 });
    assert.equal(
      output.replace(/^(yarn run|\$|Done in) .*\n/gm, ""),
      counted,
      `${command} ${args.join(" ")} on ${master}`,
    );
  }
}

describe("package managers", () => {
  test("npm, in a workspace whose members share a module", async () => {
    const root = project("workspace", {
      "package.json": JSON.stringify({ name: "root", private: true, workspaces: ["packages/*"] }),
      "packages/words/package.json": JSON.stringify({
        ...{ name: "words", version: "1.0.0", type: "module", exports: "./words.ts" },
      }),
      "packages/words/words.ts": "export const one = (word: string) => [word, 1] as const;\n",
      "packages/job/package.json": JSON.stringify({
        ...{ name: "job", version: "1.0.0", type: "module", dependencies: { dstream: archive, words: "*" } },
      }),
      "packages/job/job.ts": `import { one } from "words";\n${modules.replace("(word) => [word, 1]", "one")}`,
    });
    await npmInstall(root);
    await assertCounts(join(root, "packages/job"), node, "job.ts");
  });

  test("pnpm", async () => {
    const root = project("pnpm", { "job.mjs": modules });
    await outputOf(node, [tool("pnpm/bin/pnpm.cjs"), "add", archive], { cwd: root });
    await assertCounts(root, node, "job.mjs");
  });

  test("Yarn 1", async () => {
    const root = project("yarn-1", { "job.mjs": modules });
    await outputOf(node, [tool("yarn/bin/yarn.js"), "add", archive], { cwd: root });
    await assertCounts(root, node, "job.mjs");
  });

  for (const linker of ["node-modules", "pnp"]) {
    test(`Yarn 4 with nodeLinker ${linker}`, async () => {
      const settings = `nodeLinker: ${linker}\nenableTelemetry: false\nenableGlobalCache: false\n`;
      const root = project(`yarn-4-${linker}`, { "job.mjs": modules, ".yarnrc.yml": settings, "yarn.lock": "" });
      const yarn = tool("@yarnpkg/cli-dist/bin/yarn.js");
      const env = { YARN_ENABLE_IMMUTABLE_INSTALLS: "0" };
      await outputOf(node, [yarn, "add", `dstream@file:${archive}`], { cwd: root, env });
      await assertCounts(root, node, yarn, "node", "job.mjs");
    });
  }

  test("Bun, which installs and runs", async () => {
    const root = project("bun", { "job.ts": modules });
    await outputOf(bun(), ["add", archive], { cwd: root });
    await assertCounts(root, node, "job.ts");
    await assertCounts(root, bun(), "job.ts");
  });
});

test("ts-node, for a program whose types Node itself could strip", async () => {
  const compilerOptions = { module: "nodenext", target: "es2022", types: [] };
  const code = main.replace("await main()", "main()");
  const root = project("ts-node", {
    "package.json": JSON.stringify({ name: "ts-node-user", version: "1.0.0", private: true }),
    "tsconfig.json": JSON.stringify({ compilerOptions }),
    "job.ts": `import { StreamingContext, seconds } from "dstream";\n${code}`,
  });
  await npmInstall(root, archive);
  await assertCounts(root, node, tool("ts-node/dist/bin.js"), "--transpile-only", "job.ts");
  // Threads load the file by Node alone, which says so.
  const enums = `import { StreamingContext, seconds } from "dstream";\nenum Kind { One = 1 }\n${code}`;
  writeFileSync(join(root, "enums.ts"), enums.replace("[word, 1]", "[word, Kind.One]"));
  const run = (master: string) => {
    const args = [tool("ts-node/dist/bin.js"), "--transpile-only", "enums.ts", ...words];
    return outputOf(node, args, { cwd: root, env: { DSTREAM_MASTER: master } });
  };
  assert.equal(await run("local"), counted);
  await assert.rejects(run("local[2]"), /threw SyntaxError in a worker, before start\(\); .* runs under tsx/);
});

describe("what runs, bundles and tests programs", () => {
  let root: string;
  before(async () => {
    root = project("tools", { "job.mjs": modules });
    await npmInstall(root, archive);
  });
  const add = (path: string, text: string): void => writeFileSync(join(root, path), text);

  test("a CommonJS module that requires the package", async () => {
    add(
      "job.cjs",
      `const { StreamingContext, seconds } = require("dstream");\n${main.replace("await main()", "main()")}`,
    );
    await assertCounts(root, node, "job.cjs");
  });

  test("every entry can be required and imported under the conditions that tools set", async () => {
    const entries = [
      "dstream",
      "dstream/testing",
      "dstream/broker",
      "dstream/http-receiver",
      "dstream/kinesis-receiver",
      "dstream/flume-receiver",
    ];
    add(
      "entries.cjs",
      `for (const entry of ${JSON.stringify(entries)}) console.log(Object.keys(require(entry)).length > 0);`,
    );
    add(
      "entries.mjs",
      `for (const entry of ${JSON.stringify(entries)}) console.log(Object.keys(await import(entry)).length > 0);`,
    );
    for (const condition of ["development", "production", "browser", "module"]) {
      for (const file of ["entries.cjs", "entries.mjs"]) {
        const output = await outputOf(node, [`--conditions=${condition}`, file], { cwd: root });
        assert.equal(output, "true\n".repeat(entries.length), `${file} under ${condition}`);
      }
    }
  });

  test("tsx, for a program with an enum behind a path alias, by its command and by ours", async () => {
    mkdirSync(join(root, "lib"), { recursive: true });
    add("lib/kind.ts", "export enum Kind { One = 1 }\n");
    add("tsconfig.json", JSON.stringify({ compilerOptions: { module: "nodenext", paths: { "@lib/*": ["./lib/*"] } } }));
    add("enums.ts", `import { Kind } from "@lib/kind";\n${modules.replace("[word, 1]", "[word, Kind.One]")}`);
    await assertCounts(root, node, tool("tsx/dist/cli.mjs"), "enums.ts");
    const bin = join(root, "node_modules/dstream/dist/cli/main.js");
    const tsx = `--import=${tool("tsx/dist/esm/index.mjs")}`;
    await assertCounts(root, node, tsx, bin, "run", "enums.ts", "--");
  });

  test("a bundle of esbuild that leaves packages outside", async () => {
    const args = ["job.mjs", "--bundle", "--platform=node", "--format=esm", "--packages=external"];
    await outputOf(node, [tool("esbuild/bin/esbuild"), ...args, "--outfile=built/esbuild.mjs"], { cwd: root });
    await assertCounts(root, node, "built/esbuild.mjs");
  });

  for (const mode of ["development", "production"]) {
    test(`a bundle of webpack in mode ${mode} that leaves packages outside`, async () => {
      const config = {
        ...{ mode, target: "node24", entry: "./job.mjs", experiments: { outputModule: true } },
        output: { path: join(root, "built"), filename: `webpack-${mode}.mjs`, module: true, chunkFormat: "module" },
        ...{ externalsType: "module", externals: { dstream: "dstream" } },
      };
      add(`webpack.${mode}.mjs`, `export default ${JSON.stringify(config)};`);
      await outputOf(node, [tool("webpack-cli/bin/cli.js"), "--config", `webpack.${mode}.mjs`], { cwd: root });
      await assertCounts(root, node, `built/webpack-${mode}.mjs`);
    });
  }

  test("vitest and jest, for tests of jobs that stand in a file of their own", async () => {
    add(
      "doubled.mjs",
      `import { testJob } from "dstream/testing";
export const doubled = testJob(import.meta.url, "doubled", (_ssc, input) => input.map((n) => 2 * n));
`,
    );
    const tests = `import { expectBatches } from "dstream/testing";
import { doubled } from "./doubled.mjs";
for (const master of ["local", "local[2]"]) {
  test(master, async () => {
    await expectBatches(doubled, [[[1, 2], [3]]], [[2, 4], [6]], { master });
    await expect(expectBatches(doubled, [[[1, 2], [3]]], [[2, 4], [7]], { master })).rejects.toThrow();
  });
}
`;
    add("vitest.test.mjs", `import { expect, test } from "vitest";\n${tests}`);
    add("jest.test.mjs", tests);
    add("jest.config.mjs", 'export default { testMatch: ["**/jest.test.mjs"], moduleFileExtensions: ["mjs", "js"] };');
    const vitest = await outputOf(node, [tool("vitest/vitest.mjs"), "run", "vitest.test.mjs"], { cwd: root });
    assert.match(vitest, /Tests .*2 passed/);
    await outputOf(node, ["--experimental-vm-modules", tool("jest/bin/jest.js"), "--ci"], { cwd: root });
  });

  test("the types, for programs that check those of their packages", async () => {
    add("typed.ts", 'import type { DStream } from "dstream";\nexport type Words = DStream<string>;\n');
    const compilerOptions = {
      ...{ strict: true, noEmit: true, module: "nodenext", target: "es2024", lib: ["es2024", "esnext.disposable"] },
      ...{ types: ["node"], typeRoots: [resolve("node_modules/@types")] },
    };
    add("tsconfig.typed.json", JSON.stringify({ compilerOptions, include: ["typed.ts"] }));
    await outputOf(node, [tool("typescript/bin/tsc"), "-p", "tsconfig.typed.json"], { cwd: root });
  });
});
