import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { packTar } from "modern-tar";
import { readArrowBytes } from "../../src/cluster/spark/arrow/read/read-arrow-bytes.ts";
import { mapInArrow } from "../../src/cluster/spark/connect/plan/relations.ts";
import { SparkSession } from "../../src/cluster/spark/connect/session/spark-session.ts";
import { bundleJob } from "../../src/cluster/spark/shipping/bundle/bundle-job.ts";
import { makeWorkerArtifacts } from "../../src/cluster/spark/shipping/worker-artifacts.ts";
import type { DStreamError } from "../../src/errors/dstream-error.ts";
import { placed } from "../support/spark/placed.ts";
import { type SparkServer, startSpark } from "../support/spark/start-spark.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

// Executors in processes of their own, which have no Python and no Node but the one that is shipped.

const program = (name: string): string => fileURLToPath(new URL(`./programs/${name}.ts`, import.meta.url));
let spark: SparkServer;

before(async () => {
  spark = await startSpark({ mode: "local-cluster" });
});

after(() => spark?.stop());

/** Runs the job's place() in a task for each of two partitions, the second of which has two rows. */
async function places(session: SparkSession, command: string): Promise<any[]> {
  const { dialect } = session;
  const results: string[] = [];
  const query = mapInArrow(placed([0, 1, 1], 2, dialect), {
    dialect,
    command: Buffer.from(command),
    inputColumns: ["p"],
    outputFields: [{ name: "text", type: "string" }],
  });
  await session.execute(query, {
    onBatch: (data) => {
      for (const batch of readArrowBytes(data))
        for (let i = 0; i < batch.numRows; i++) results.push(batch.column("text").text(i));
    },
  });
  return results.map((text) => JSON.parse(text)).sort((a, b) => a.rows - b.rows);
}

test("executors run a shipped job in a shipped Node, and its stacks name the driver's own file", async () => {
  const session = await SparkSession.open(spark.url);
  const entry = program("shipped-job");
  const job = await bundleJob({ entry });
  const { artifacts, executable } = await makeWorkerArtifacts({ main: program("job-worker") });
  await session.addArtifacts([...artifacts, { name: `files/${job.name}`, bytes: job.bytes }]);
  await session.setConfig({ "spark.sql.execution.pyspark.python": executable });
  const [first, second] = await places(session, job.name);
  assert.deepEqual([first.rows, second.rows, first.second], [1, 2, 1_000]);
  assert.notEqual(first.parent, second.parent);
  assert.match(first.stack, new RegExp(`^Error: here\\n    at place \\(${entry}:13:\\d+\\)`));
  await session.close();
});

test("a Node for another platform fails the query with an error that names both platforms", async (t) => {
  const session = await SparkSession.open(spark.url);
  const nodeArchive = join(temporaryDirectory(t), "node.tar.gz");
  const body = "\x7fELF is how another platform's program might begin";
  const header = { name: "node-v24.21.0-linux-s390x/bin/node", size: body.length };
  writeFileSync(nodeArchive, gzipSync(await packTar([{ header, body }])));
  const { artifacts, executable } = await makeWorkerArtifacts({ nodeArchive });
  await session.addArtifacts(artifacts);
  await session.setConfig({ "spark.sql.execution.pyspark.python": executable });
  await assert.rejects(places(session, "nothing"), (error: DStreamError) => {
    assert.equal(error.code, "INVALID_OPTION");
    const { stdout } = spawnSync("uname", ["-sm"], { encoding: "utf8" });
    assert.match(
      error.message,
      new RegExp(
        `shipped Node, for linux-s390x, does not run on an executor, which is ${stdout.trim()}(?: \\(.*\\))?: set nodeArchive`,
      ),
    );
    return true;
  });
  await session.close();
});
