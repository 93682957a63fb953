import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { makeWorkerArtifacts } from "../../src/cluster/spark/shipping/worker-artifacts.ts";
import { version } from "../../src/version.ts";
import { unpack } from "../support/spark/unpack-artifacts.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

// The worker that is shipped, started from its archives as Spark does it.

test("the worker runs from its archives, with nothing else on the path", async (t) => {
  const { artifacts, executable, platform } = await makeWorkerArtifacts();
  const session = unpack(artifacts, t);
  const { stdout } = await promisify(execFile)(executable, ["--self-check"], { cwd: session, env: { PATH: "" } });
  assert.deepEqual(JSON.parse(stdout), { dstream: version, node: process.version, platform });
  assert.equal(platform, `${process.platform}-${process.arch}`);
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
    "dstream/flume-receiver",
    "dstream/testing/serve-test-jobs",
  ];
  assert.deepEqual(JSON.parse(stdout), [names, 1000, "function"]);
});
