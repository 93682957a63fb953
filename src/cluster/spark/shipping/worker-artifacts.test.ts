import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { packTar } from "modern-tar";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { DStreamError } from "../../../errors/dstream-error.ts";
import { version } from "../../../runtime/version.ts";
import type { Artifact } from "../connect/artifact-requests.ts";
import { makeWorkerArtifacts, type WorkerArtifacts } from "./worker-artifacts.ts";

const platform = `${process.platform}-${process.arch}`;

/** What Spark does with archives: each into the folder behind the "#". */
function unpack(artifacts: readonly Artifact[], t: TestContext): string {
  const session = temporaryDirectory(t);
  for (const { name, path, bytes } of artifacts) {
    const [, file, folder] = /^archives\/([^#]+)#(.+)$/.exec(name) as unknown as [string, string, string];
    const archive = path ?? join(session, file);
    if (bytes !== undefined) writeFileSync(archive, bytes);
    mkdirSync(join(session, folder));
    execFileSync("tar", ["-xzf", archive, "-C", join(session, folder)]);
  }
  return session;
}

let own: WorkerArtifacts;
before(async () => {
  own = await makeWorkerArtifacts();
});

test("the worker runs from its archives, with nothing else on the path", async (t) => {
  const session = unpack(own.artifacts, t);
  const { stdout } = await promisify(execFile)(own.executable, ["--self-check"], { cwd: session, env: { PATH: "" } });
  assert.deepEqual(JSON.parse(stdout), { dstream: version, node: process.version, platform });
  assert.equal(own.platform, platform);
});

test("the same worker has the same name, and its Node is made once", async () => {
  const [node] = own.artifacts;
  const made = statSync(node?.path as string).mtimeMs;
  assert.deepEqual(await makeWorkerArtifacts(), own);
  assert.equal(statSync(node?.path as string).mtimeMs, made);
});

test("the worker gives this package to jobs, each module when it is first asked for", async (t) => {
  const folder = temporaryDirectory(t);
  const main = join(folder, "main.mjs");
  writeFileSync(
    main,
    `const modules = globalThis[Symbol.for("dstream.modules")];
     console.log(JSON.stringify([Object.keys(modules), modules.dstream.seconds(1), typeof modules["dstream/broker"].EmbeddedBroker.start]));`,
  );
  const { artifacts, executable } = await makeWorkerArtifacts({ main });
  const { stdout } = await promisify(execFile)(executable, [], { cwd: unpack(artifacts, t) });
  const names = [
    "dstream",
    "dstream/testing",
    "dstream/broker",
    "dstream/http-receiver",
    "dstream/kinesis-receiver",
    "dstream/testing/serve-test-jobs",
  ];
  assert.deepEqual(JSON.parse(stdout), [names, 1000, "function"]);
});

/** An archive like those of nodejs.org, whose files have some content. */
async function officialArchive(
  t: TestContext,
  folderName: string,
  files: readonly string[],
  content = "node",
): Promise<string> {
  const entries = files.map((name) => ({
    header: { name: `${folderName}/${name}`, size: content.length },
    body: content,
  }));
  const path = join(temporaryDirectory(t), "node.tar.gz");
  writeFileSync(path, gzipSync(await packTar(entries)));
  return path;
}

test("another platform's Node comes from its official archive", async (t) => {
  const { DSTREAM_CACHE } = process.env;
  process.env.DSTREAM_CACHE = temporaryDirectory(t);
  t.after(() => {
    if (DSTREAM_CACHE === undefined) delete process.env.DSTREAM_CACHE;
    else process.env.DSTREAM_CACHE = DSTREAM_CACHE;
  });
  // Larger than what streams hold.
  const content = "node".repeat(1_000_000);
  const files = ["CHANGELOG.md", "bin/node", "lib/rest"];
  const nodeArchive = await officialArchive(t, "node-v24.21.0-linux-arm64", files, content);
  const { artifacts, platform } = await makeWorkerArtifacts({ nodeArchive });
  assert.equal(platform, "linux-arm64");
  const folder = join(unpack(artifacts, t), "dstream-node");
  assert.deepEqual(readdirSync(folder), ["node"]);
  assert.ok(readFileSync(join(folder, "node"), "utf8") === content);
  assert.equal(statSync(join(folder, "node")).mode & 0o777, 0o755);
});

for (const [what, make, text] of [
  ["that is not there", async () => "/no/such.tar.gz", /nodeArchive: \/no\/such\.tar\.gz cannot be read$/],
  [
    "of an old Node",
    (t: TestContext) => officialArchive(t, "node-v22.1.0-linux-x64", ["bin/node"]),
    /holds Node 22; it has to be 24 or newer$/,
  ],
  [
    "of something else",
    (t: TestContext) => officialArchive(t, "else", ["bin/node"]),
    /is no Node as nodejs\.org publishes it/,
  ],
  [
    "without the program",
    (t: TestContext) => officialArchive(t, "node-v24.1.0-linux-x64", ["LICENSE"]),
    /is no Node as nodejs\.org publishes it/,
  ],
] as const) {
  test(`an archive ${what} is refused`, async (t) => {
    await assert.rejects(makeWorkerArtifacts({ nodeArchive: await make(t) }), (error: unknown) => {
      assert.ok(error instanceof DStreamError);
      assert.equal(error.code, "INVALID_OPTION");
      assert.match(error.message, text);
      return true;
    });
  });
}

test("a file that is no archive is refused", async (t) => {
  const nodeArchive = join(temporaryDirectory(t), "node.tar.gz");
  writeFileSync(nodeArchive, "not compressed");
  await assert.rejects(makeWorkerArtifacts({ nodeArchive }), /nodeArchive: .*node\.tar\.gz cannot be read$/);
});
