import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { StreamingContext } from "dstream";
import { runBatches } from "dstream/testing";
import { SharedSession } from "../../src/cluster/spark/shared-session.ts";
import { fromSources } from "../support/from-sources.ts";
import { type SparkServer, startSpark } from "../support/spark/start-spark.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { fileJob, folder } from "./jobs/file-job.ts";

// Files on Spark: executors read and write them themselves, in a folder that they share with the driver.

let spark: SparkServer;

before(async () => {
  spark = await startSpark({ mode: "local" });
});

after(async () => {
  await SharedSession.closeAll();
  await spark?.stop();
});

test("executors read the files of a batch, each in one task, and write its output, which its commit shows", async (t) => {
  folder.path = temporaryDirectory(t);
  mkdirSync(join(folder.path, "in"));
  for (const [name, text, time] of [
    ["a", "a b\na", 1],
    ["b", "b\n", 1],
    ["c", "c\n", 3],
  ] as const) {
    const path = join(folder.path, "in", name);
    writeFileSync(path, text);
    utimesSync(path, time, time);
  }
  const batches = await runBatches(fileJob, [], { master: spark.url, numBatches: 3 });
  assert.deepEqual(
    batches.map((rows) => rows.toSorted()),
    [
      [
        ["a", 2],
        ["b", 2],
      ],
      [],
      [["c", 1]],
    ],
  );
  assert.deepEqual(readdirSync(folder.path).sort(), ["in", "out-1000", "out-2000", "out-3000"]);
  const lines = [1_000, 2_000, 3_000].map((time) => {
    const out = join(folder.path, `out-${time}`);
    assert.deepEqual(readdirSync(out).sort(), ["_SUCCESS", "part-00000", "part-00001"]);
    const text = ["part-00000", "part-00001"].map((name) => readFileSync(join(out, name), "utf8")).join("");
    return text.split("\n").filter(Boolean).sort();
  });
  assert.deepEqual(lines, [["(a,2)", "(b,2)"], [], ["(c,1)"]]);
});

test("a relative prefix is refused, since executors have other folders", async () => {
  const ssc = new StreamingContext({ appName: "files", batchInterval: 1_000, master: spark.url });
  ssc.queueStream([[1]]).saveAsTextFiles("out");
  await assert.rejects(ssc.start(), { code: "INVALID_OPTION", message: /prefix on Spark must be an absolute path/ });
});

const skip = spawnSync("unshare", ["-rm", "true"]).status !== 0 && "file systems of its own are not for this user";

test("a checkpoint folder that is another one to the executors is refused at the start", { skip }, async (t) => {
  const folder = temporaryDirectory(t);
  // The job's own process sees a file system of its own in the folder.
  const job = [
    "src/cli/main.ts",
    "run",
    "test/spark/jobs/running-count.ts",
    "--master",
    spark.url,
    "--checkpoint",
    folder,
  ];
  const command = [fromSources, ...job].map((word) => `'${word}'`).join(" ");
  const script = `mount -t tmpfs none '${folder}' && exec '${process.execPath}' ${command}`;
  const { status, stderr } = spawnSync("unshare", ["-rm", "sh", "-c", script], { encoding: "utf8" });
  assert.equal(status, 1, stderr);
  const said = `STATE_PATH_NOT_SHARED\\] an executor on \\S+ does not share the folder ${folder}/state with the driver`;
  assert.match(stderr, new RegExp(`${said}: it cannot see what the driver wrote there \\(ENOENT\\)`));
});
