import assert from "node:assert/strict";
import {
  copyFileSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { EmbeddedBroker } from "dstream/broker";
import { codeBlocks } from "../support/docs/code-blocks.ts";
import { pages } from "../support/docs/pages.ts";
import { freePort } from "../support/free-port.ts";
import { type PackedPackage, packPackage } from "../support/packed-package.ts";
import { outputOf } from "../support/processes.ts";

// What people get: the packed package, installed into an empty folder, run by plain Node without any of this project's settings.

const folder = mkdtempSync(join(tmpdir(), "dstream-package-"));
let packed: PackedPackage;

/** Of this package itself. More make every start of a program, a command and a worker thread slower. */
const modulesAtImport = 240;

before(async () => {
  packed = await packPackage(folder);
  const manifest = { name: "user", version: "1.0.0", private: true, type: "module" };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  const install = ["install", "--prefix", folder, "--no-audit", "--no-fund", "--prefer-offline"];
  await outputOf("npm", [...install, packed.archive]);
});
after(() => rmSync(folder, { recursive: true }));

test("the package has what the sources compile to, the job's page, and nothing else", () => {
  const modules = globSync("src/**/*.ts")
    .filter((path) => !path.endsWith(".test.ts") && !path.startsWith("src/ui/page/"))
    .map((path) => path.replace(/^src\/(.*)\.ts$/, "dist/$1"));
  const page = ["index.html", "page.js", "page-styles.css"].map((file) => `dist/page/${file}`);
  const expected = [...modules.flatMap((path) => [`${path}.js`, `${path}.d.ts`]), ...page];
  assert.deepEqual(
    [...packed.files].sort(),
    [...expected, "package.json", "README.md", "CHANGELOG.md", "LICENSE"].sort(),
  );
});

test("each entry of the package names files that the package has, under every condition", () => {
  const { exports, bin } = JSON.parse(readFileSync("package.json", "utf8")) as Record<string, object>;
  const targets = (value: unknown): string[] =>
    typeof value === "string" ? [value.replace("./", "")] : Object.values(value as object).flatMap(targets);
  const paths = new Set(packed.files);
  assert.deepEqual(
    [exports, bin].flatMap(targets).filter((target) => !paths.has(target)),
    [],
  );
});

test("the package is small, also with all that comes along", () => {
  assert.ok(packed.size <= 1_000_000, `${packed.size} bytes packed`);
  const installed = join(folder, "node_modules");
  const files = readdirSync(installed, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const bytes = files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
  assert.ok(bytes <= 10_000_000, `${bytes} bytes installed`);
});

test("an import loads what a program builds its job with, and nothing of what runs it", async () => {
  const program = `import { registerHooks } from "node:module";
const loaded = [];
registerHooks({
  load(url, context, next) {
    loaded.push(url.split("/node_modules/dstream/dist/")[1]);
    return next(url, context);
  },
});
await import("dstream");
console.log(JSON.stringify(loaded.filter((path) => path !== undefined)));
`;
  writeFileSync(join(folder, "loaded.mjs"), program);
  const loaded = JSON.parse(await outputOf(process.execPath, [join(folder, "loaded.mjs")])) as string[];
  assert.ok(loaded.includes("streaming/context/streaming-context.js"));
  assert.ok(loaded.length <= modulesAtImport, `${loaded.length} modules`);
  const running =
    /^(driver\/(driver|checkpoint)|task\/(run-task|program|state)|state\/(files|memory|sorted)|cluster\/local\/.*cluster)/;
  assert.deepEqual(
    loaded.filter((path) => running.test(path)),
    [],
  );
});

test("a program in TypeScript runs in its thread and on worker threads, and its types are checked against the package's", async () => {
  writeFileSync(
    join(folder, "job.ts"),
    `import { type DStreamError, type PairDStream, StreamingContext, seconds } from "dstream";

const ssc = new StreamingContext({ appName: "packed", batchInterval: seconds(0.2) });
const counts: PairDStream<string, number> = ssc
  .queueStream([process.argv.slice(2)])
  .map((word) => [word, 1] as const)
  .reduceByKey((a, b) => a + b);
counts.foreachRDD(async (rdd) => {
  const rows: (readonly [string, number])[] = await rdd.collect();
  if (rows.length > 0) console.log(JSON.stringify(rows.sort()));
  void ssc.stop();
});
await ssc.start();
await ssc.awaitTermination().catch((error: DStreamError) => console.log(error.code));
`,
  );
  for (const master of ["local[2]", "local"]) {
    const env = { DSTREAM_MASTER: master };
    const output = await outputOf(process.execPath, [join(folder, "job.ts"), "b", "a", "b"], { env });
    assert.equal(output, '[["a",1],["b",2]]\n', master);
  }
  const compilerOptions = {
    ...{ strict: true, noEmit: true, module: "nodenext", target: "es2024", lib: ["es2024", "esnext.disposable"] },
    ...{ types: ["node"], typeRoots: [resolve("node_modules/@types")] },
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
  await outputOf(resolve("node_modules/.bin/tsc"), ["-p", folder]);
});

test("the command line and the test kit work from the package", async () => {
  const broker = await EmbeddedBroker.start();
  await broker.createTopic("packed");
  const bin = join(folder, "node_modules/dstream/dist/cli/main.js");
  const topics = await outputOf(process.execPath, [bin, "topics", "list", "--brokers", broker.bootstrapServers]);
  await broker.stop();
  assert.equal(topics, "packed\n");
  const job = `import { testJob } from "dstream/testing";
export const doubled = testJob(import.meta.url, "doubled", (_ssc, input) => input.map((n) => 2 * n));
`;
  const kit = `import { expectBatches } from "dstream/testing";
import { doubled } from "./doubled.mjs";
await expectBatches(doubled, [[[1, 2], []]], [[2, 4], []], { master: "local[2]" });
console.log("as expected");
`;
  writeFileSync(join(folder, "doubled.mjs"), job);
  writeFileSync(join(folder, "kit.mjs"), kit);
  assert.equal(await outputOf(process.execPath, [join(folder, "kit.mjs")]), "as expected\n");
});

test("the guide to getting started goes as it says, from the archive to a job that goes on from its checkpoint", async () => {
  const page = pages().find(({ path }) => path === "docs/guide/getting-started.md");
  const blocks = page === undefined ? [] : codeBlocks(page);
  const text = (language: string): string => blocks.find((block) => block.language === language)?.text ?? "";
  const project = join(folder, "words");
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), text("json"));
  writeFileSync(join(project, "job.ts"), text("ts"));
  copyFileSync(packed.archive, join(project, basename(packed.archive)));
  const npm = (...args: readonly string[]) =>
    outputOf("npm", [...args, "--prefix", project, "--no-audit", "--no-fund", "--prefer-offline"]);
  await npm("install", join(project, basename(packed.archive)));
  await npm("ci", "--omit=dev");
  const broker = await EmbeddedBroker.start();
  const bin = join(project, "node_modules/.bin/dstream");
  const dstream = (...args: readonly string[]) =>
    outputOf(process.execPath, [bin, ...args, "--brokers", broker.bootstrapServers]);
  const run = (...args: readonly string[]) =>
    dstream("run", join(project, "job.ts"), "--batches", "1", "--checkpoint", join(project, "checkpoint"), ...args);
  await dstream("topics", "create", "test", "--partitions", "4");
  const file = join(project, "lines.txt");
  writeFileSync(file, "a b a\n");
  await dstream("produce", "test", "--file", file);
  const rows = (output: string): string[] =>
    output
      .split("\n")
      .filter((line) => line.startsWith("("))
      .sort();
  const first = rows(await run());
  await dstream("produce", "test", "--file", file);
  const second = rows(await run("--master", "local[2]"));
  await broker.stop();
  assert.deepEqual(
    [first, second],
    [
      ["(a,2)", "(b,1)"],
      ["(a,4)", "(b,2)"],
    ],
  );
});

test("a master on Spark asks for the packages that it needs, by the command that installs them", async () => {
  const env = { DSTREAM_MASTER: `sc://127.0.0.1:${await freePort()}` };
  const run = () => outputOf(process.execPath, [join(folder, "job.ts"), "a"], { env });
  const failure = await run().then(assert.fail, String);
  const packages = ["@bufbuild/protobuf", "@connectrpc/connect", "@connectrpc/connect-node", "esbuild"];
  const text = `[PACKAGE_MISSING] jobs on Spark need ${packages.join(", ")}, which could not be loaded: npm install `;
  assert.ok(failure.includes(text), failure);
  const [, wanted = ""] = /: npm install ((?:\S+@[\d.]+ ?)+)/.exec(failure) ?? [];
  const project = join(folder, "spark");
  mkdirSync(project);
  writeFileSync(
    join(project, "package.json"),
    '{ "name": "spark", "version": "1.0.0", "private": true, "type": "module" }',
  );
  copyFileSync(join(folder, "job.ts"), join(project, "job.ts"));
  const npm = ["install", "--prefix", project, "--no-audit", "--no-fund", "--prefer-offline"];
  await outputOf("npm", [...npm, packed.archive]);
  await outputOf("npm", [...npm, ...wanted.trim().split(" ")]);
  await assert.rejects(outputOf(process.execPath, [join(project, "job.ts"), "a"], { env }), /\[SPARK_UNREACHABLE\]/);
});

test("the receiver of Kinesis has its types without the optional package, and says at its start which one is missing", async () => {
  writeFileSync(
    join(folder, "kinesis.ts"),
    `import { StreamingContext, seconds } from "dstream";
import { KinesisReceiver, type KinesisRecord } from "dstream/kinesis-receiver";

const ssc = new StreamingContext({ appName: "kinesis", batchInterval: seconds(1) });
const options = { streamName: "orders", positionsFile: ${JSON.stringify(join(folder, "orders.json"))} };
const records = ssc.receiverStream(new KinesisReceiver(options));
records.foreachRDD(async (rdd) => console.log((await rdd.collect()).map(({ data }: KinesisRecord) => data.length)));
ssc.addStreamingListener({
  onReceiverStopped: ({ receiverInfo }) => {
    console.log(receiverInfo.lastErrorMessage);
    setImmediate(() => void ssc.stop());
  },
});
await ssc.start();
await ssc.awaitTermination();
`,
  );
  const output = await outputOf(process.execPath, [join(folder, "kinesis.ts")]);
  assert.match(
    output,
    /^the receiver could not be started: \[PACKAGE_MISSING\] .* @aws-sdk\/client-kinesis, which could not be loaded; caused by Cannot find package .@aws-sdk/m,
  );
  await outputOf(resolve("node_modules/.bin/tsc"), ["-p", folder]);
});

/** A Node on the PATH, or in a usual place, that is too old for the package. */
async function olderNode(): Promise<string | undefined> {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/bin", "/usr/local/bin"];
  for (const path of folders.map((directory) => join(directory, "node"))) {
    const version = await outputOf(path, ["--version"]).catch(() => "");
    if (/^v\d+/.test(version) && Number.parseInt(version.slice(1), 10) < 24) return path;
  }
  return undefined;
}

test("an older Node says that it is too old, by the command and by each import", async (t) => {
  const node = await olderNode();
  if (node === undefined) return t.skip("there is no older Node here");
  const text = /^dstream needs Node 24 or newer, and this is Node \d+\.\d+\.\d+$/;
  const receivers = ["dstream/http-receiver", "dstream/kinesis-receiver", "dstream/flume-receiver"];
  const names = ["dstream", "dstream/testing", "dstream/broker", ...receivers];
  for (const name of names) {
    const source = `import(${JSON.stringify(name)}).catch((error) => console.log(error.message))`;
    writeFileSync(join(folder, "old.mjs"), source);
    assert.match((await outputOf(node, [join(folder, "old.mjs")])).trim(), text, name);
  }
  const command = join(folder, "node_modules", "dstream", "dist", "cli", "main.js");
  await assert.rejects(outputOf(node, [command, "run", "job.ts"]), /error: dstream needs Node 24 or newer/);
});
