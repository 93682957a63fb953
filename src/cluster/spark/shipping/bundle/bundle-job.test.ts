import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { temporaryDirectory } from "../../../../../test/support/temporary-directory.ts";
import { DStreamError } from "../../../../errors/dstream-error.ts";
import { bundleJob } from "./bundle-job.ts";
import { ownFolder } from "./own-modules.ts";

type Files = Readonly<Record<string, string>>;

function folderOf(t: TestContext, files: Files): string {
  const folder = realpathSync(temporaryDirectory(t));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** Stands for the worker's program: brings the package, loads the bundle, and prints what `report` gives. */
const loader = (bundle: string, report: string): string => `
import * as dstream from "${ownFolder}index.ts";
import * as testing from "${ownFolder}testing/index.ts";
globalThis[Symbol.for("dstream.modules")] = { dstream, "dstream/testing": testing };
import { importJobModule } from "${ownFolder}runtime/process/job-modules.ts";
const loaded = import("${bundle}");
console.log(JSON.stringify(await (${report})));
process.exit();
`;

/** Bundles the job in `files`, runs the bundle elsewhere, and returns what it left in globalThis.result, or what `report` gives. */
async function run(
  t: TestContext,
  files: Files,
  report = "loaded.then(() => result)",
  modules: readonly string[] = [],
): Promise<any> {
  const folder = folderOf(t, files);
  const urls = modules.map((name) => pathToFileURL(join(folder, name)).href);
  const { name, bytes } = await bundleJob({ entry: join(folder, "job.ts"), modules: urls });
  const elsewhere = folderOf(t, { [name]: Buffer.from(bytes).toString() });
  writeFileSync(join(elsewhere, "load.mjs"), loader(join(elsewhere, name), report.replaceAll("FOLDER", folder)));
  const { stdout } = await promisify(execFile)(process.execPath, ["--enable-source-maps", join(elsewhere, "load.mjs")]);
  return JSON.parse(stdout.replaceAll(folder, "FOLDER"));
}

async function refusal(t: TestContext, files: Files): Promise<{ code: string; message: string; data: unknown }> {
  const folder = folderOf(t, files);
  const error = await bundleJob({ entry: join(folder, "job.ts") }).then(
    () => assert.fail("it was bundled"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof DStreamError, String(error));
  return { code: error.code, message: error.message.replaceAll(folder, "FOLDER"), data: error.data };
}

test("a job brings the modules, packages and JSON files that it imports, and finds Node's own modules", async (t) => {
  const result = await run(t, {
    "job.ts": `
      import { createHash } from "node:crypto";
      import { double } from "./lib/double.ts";
      import { triple } from "a-module";
      import common from "common";
      import limits from "./limits.json" with { type: "json" };
      const digest: string = createHash("sha256").update("a").digest("hex").slice(0, 4);
      globalThis.result = [double(limits.max), triple(1), common.joined, digest];`,
    "lib/double.ts": "export const double = (n: number): number => 2 * n;",
    "limits.json": '{ "max": 21 }',
    "node_modules/a-module/package.json":
      '{ "type": "module", "exports": { "node": "./node.js", "default": "./no.js" } }',
    "node_modules/a-module/node.js": "export const triple = (n) => 3 * n;",
    "node_modules/common/package.json": "{}",
    "node_modules/common/index.js": 'const path = require("path"); exports.joined = path.posix.join("a", "b");',
  });
  assert.deepEqual(result, [42, 3, "a/b", "ca97"]);
});

test("there is one copy of this package, whether a job imports it by name or by file", async (t) => {
  const result = await run(
    t,
    {
      "job.ts": `
      import { DStream, seconds } from "dstream";
      import * as testing from "dstream/testing";
      import { DStream as byFile } from "${ownFolder}index.ts";
      import { DStream as byUrl } from "${pathToFileURL(ownFolder)}index.ts";
      globalThis.result = { DStream, byFile, byUrl, ManualClock: testing.ManualClock, second: seconds(1) };`,
    },
    `loaded.then(() => [result.DStream === dstream.DStream, result.byFile === dstream.DStream, result.byUrl === dstream.DStream,
       result.ManualClock === testing.ManualClock, result.second])`,
  );
  assert.deepEqual(result, [true, true, true, true, 1000]);
});

test("inner files of this package are refused, since they would be a second copy", async (t) => {
  const { code, message } = await refusal(t, { "job.ts": `import "${ownFolder}task/run-task.ts";` });
  assert.equal(code, "INVALID_OPTION");
  assert.match(
    message,
    /src\/task\/run-task\.ts is an inner file of dstream: import from "dstream" instead \(.*job\.ts:1:8\)/,
  );
});

test("stacks name the user's own file and line, also in modules that know where they are", async (t) => {
  const stack = await run(t, {
    "job.ts": `
      import { fail } from "./fail.ts";
      interface Removed { readonly length: number }
      try {
        fail();
      } catch (error) {
        globalThis.result = (error as Error).stack;
      }`,
    "fail.ts": `
      type Removed = string;
      export const here = import.meta.url;

      export function fail(): never {
        throw new Error("failed at " + here);
      }`,
  });
  assert.match(stack, /^Error: failed at file:\/\/FOLDER\/fail\.ts\n/);
  assert.match(stack, /at fail \(FOLDER\/fail\.ts:6:15\)/);
  assert.match(stack, /\(FOLDER\/job\.ts:5:9\)/);
});

test("modules that are imported by URL are found in the bundle, while the entry waits for ever", async (t) => {
  const files = {
    "job.ts": "await new Promise(() => {});",
    "more/first.ts": "export const url = import.meta.url; await Promise.resolve();",
    "more/second.ts": "export const n: number = 2;",
  };
  const report = `Promise.all(["first", "second"].map(async (name) =>
    ({ ...(await importJobModule("file://FOLDER/more/" + name + ".ts")) })))`;
  assert.deepEqual(await run(t, files, report, ["more/first.ts", "more/second.ts"]), [
    { url: "file://FOLDER/more/first.ts" },
    { n: 2 },
  ]);
});

test("an error of the job's file reaches who loads the bundle", async (t) => {
  const files = { "job.ts": 'throw new RangeError("too far");' };
  assert.equal(await run(t, files, "loaded.catch(String)"), "RangeError: too far");
});

test("the same files give the same bytes; in another place all but the source map", async (t) => {
  const one = folderOf(t, { "job.ts": 'import { n } from "./n.ts"; console.log(n);', "n.ts": "export const n = 1;" });
  const other = folderOf(t, {});
  cpSync(one, other, { recursive: true });
  const [first, again, moved] = await Promise.all(
    [one, one, other].map((at) => bundleJob({ entry: join(at, "job.ts") })),
  );
  assert.ok(first !== undefined && again !== undefined && moved !== undefined);
  assert.deepEqual(again, first);
  assert.match(first.name, /^job-[0-9a-f]{16}\.mjs$/);
  const code = ({ bytes }: typeof first): string =>
    Buffer.from(bytes)
      .toString()
      .replace(/\/\/# sourceMappingURL.*\n$/, "");
  assert.equal(code(moved).replaceAll(other, one), code(first));
  writeFileSync(join(one, "n.ts"), "export const n = 2;");
  assert.notEqual((await bundleJob({ entry: join(one, "job.ts") })).name, first.name);
});

test("a package that is not there is named with the place of its import", async (t) => {
  const { code, message } = await refusal(t, {
    "job.ts": 'import "./lib.ts";',
    "lib.ts": '\nimport pad from "left-pad";',
  });
  assert.equal(code, "INVALID_OPTION");
  assert.match(message, /imports "left-pad", which is not to be found \(FOLDER\/lib\.ts:2:17\)/);
});

test("a job's file that is not there, or no JavaScript, is refused", async (t) => {
  assert.match((await refusal(t, {})).message, /the job's file FOLDER\/job\.ts cannot be read; set jobFile/);
  assert.match((await refusal(t, { "job.ts": "let = ;" })).message, /cannot be bundled: .* \(FOLDER\/job\.ts:1:7\)/);
});

test("files of other kinds are refused by name", async (t) => {
  const { code, message } = await refusal(t, { "job.ts": 'import code from "./code.wasm";', "code.wasm": "" });
  assert.equal(code, "NOT_SUPPORTED");
  assert.match(message, /code\.wasm cannot be part of the job's bundle \(FOLDER\/job\.ts:1:18\): /);
});

const nativePackage: Files = {
  "node_modules/native/package.json": '{ "dependencies": { "bindings": "1" } }',
  "node_modules/native/index.js": 'const load = () => require("bindings")("native.node"); exports.load = load;',
  "node_modules/bindings/package.json": "{}",
  "node_modules/bindings/index.js": "module.exports = () => 1;",
};
const frontPackage: Files = {
  "node_modules/front/package.json": '{ "napi": { "name": "front" } }',
  "node_modules/front/index.js":
    'let b = null; try { b = require("./front.linux-x64.node"); } catch {} module.exports = b;',
};
const platformPackage: Files = {
  "node_modules/@img/image/package.json": '{ "optionalDependencies": { "@img/image-linux": "1" } }',
  "node_modules/@img/image/index.js": "module.exports = 1;",
  "node_modules/@img/image-linux/package.json": '{ "main": "image.node" }',
};

for (const [kind, name, files] of [
  ["with a loader", "native", nativePackage],
  ["built by napi-rs", "front", frontPackage],
  ["with a package for each platform", "@img/image", platformPackage],
] as const) {
  test(`a job that needs a native package ${kind} is refused with the package's name`, async (t) => {
    const { code, message, data } = await refusal(t, {
      "job.ts": `import * as it from "${name}"; console.log(it);`,
      ...files,
    });
    assert.equal(code, "NOT_SUPPORTED");
    assert.match(message, new RegExp(`the job needs ${name}, whose native add-on is not shipped`));
    assert.equal((data as { package: string }).package, name);
  });
}

test("an add-on of the job's own is refused by its file", async (t) => {
  const files = {
    "job.ts": 'import { createRequire } from "node:module"; import "./addon.cjs";',
    "addon.cjs": 'module.exports = require("./own.node");',
  };
  const { message } = await refusal(t, { ...files, "own.node": "" });
  assert.match(
    message,
    /the job needs \.\/own\.node, whose native add-on is not shipped to Spark's executors \(FOLDER\/addon\.cjs\)/,
  );
});

test("a package that goes on without its native code is bundled, and goes on without it", async (t) => {
  const result = await run(t, {
    "job.ts": 'import speed from "either"; globalThis.result = speed;',
    "node_modules/either/package.json": "{}",
    "node_modules/either/index.js":
      'try { module.exports = require("./fast"); } catch (e) { module.exports = "slow: " + e.message; }',
    "node_modules/either/fast.js": 'module.exports = require("native").load();',
    ...nativePackage,
  });
  assert.equal(result, "slow: native needs native code, which is not shipped to Spark's executors");
});

test("what is imported dynamically on the driver only does not stand in the way", async (t) => {
  const files = {
    "job.ts": 'globalThis.result = await import("native").then(({ load }) => load()).catch((e) => e.message);',
    ...nativePackage,
  };
  assert.match(await run(t, files), /^native needs native code/);
});

test("a job's own require goes beside the one that bundled CommonJS needs", async (t) => {
  const result = await run(t, {
    "job.ts": `
      import { createRequire } from "node:module";
      import common from "common";
      const require = createRequire(import.meta.url);
      globalThis.result = [require("node:path").posix.sep, common];`,
    "node_modules/common/package.json": "{}",
    "node_modules/common/index.js": 'module.exports = require("os").EOL;',
  });
  assert.deepEqual(result, ["/", "\n"]);
});
