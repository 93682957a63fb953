import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, type TestContext, test } from "node:test";
import { gzipSync } from "node:zlib";
import { packTar } from "modern-tar";
import { unpack } from "../../../../test/support/spark/unpack-artifacts.ts";
import { temporaryDirectory } from "../../../../test/support/temporary-directory.ts";
import { DStreamError } from "../../../errors/dstream-error.ts";
import { makeWorkerArtifacts, type WorkerArtifacts } from "./worker-artifacts.ts";

let own: WorkerArtifacts;
before(async () => {
  own = await makeWorkerArtifacts();
});

test("the same worker has the same name, and its Node is made once", async () => {
  const [node] = own.artifacts;
  const made = statSync(node?.path as string).mtimeMs;
  assert.deepEqual(await makeWorkerArtifacts(), own);
  assert.equal(statSync(node?.path as string).mtimeMs, made);
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
