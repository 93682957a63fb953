import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { Code, ConnectError } from "@connectrpc/connect";
import { StreamingContext } from "dstream";
import { BatchBuilder } from "../../src/cluster/spark/arrow/write/batch-builder.ts";
import { workerCommand } from "../../src/cluster/spark/shipping/worker-command.ts";
import type { ProbeReport } from "../../src/cluster/spark/wire/stage-command.ts";
import { type Script, scriptedServer } from "../support/spark/scripted-server.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

// What a job says when the probe at its start meets executors of another platform than the driver's.

const serverSideSessionId = "server-session";

const answering = (executePlan: NonNullable<Script["executePlan"]>): Script => ({
  executePlan,
  addArtifacts: async (requests) => {
    const names: string[] = [];
    for await (const { payload } of requests) {
      if (payload.case === "batch") names.push(...payload.value.artifacts.map(({ name }) => name));
      if (payload.case === "beginChunk") names.push(payload.value.name);
    }
    return { serverSideSessionId, artifacts: names.map((name) => ({ name, isCrcSuccessful: true })) };
  },
});

/** What the worker's command says on a machine whose `uname` says this, where the program is one for another. */
function saidOn(t: TestContext, platform: string): string {
  const session = temporaryDirectory(t);
  const files = {
    "dstream-worker/bin/dstream-worker": workerCommand("linux-x64"),
    "dstream-node/node": "\x7fELF for another machine",
    "programs/uname": `#!/bin/sh\necho '${platform}'\n`,
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(session, name)), { recursive: true });
    writeFileSync(join(session, name), text, { mode: 0o755 });
  }
  const env = { ...process.env, PATH: `${join(session, "programs")}:${process.env.PATH}` };
  return spawnSync("dstream-worker/bin/dstream-worker", [], { cwd: session, encoding: "utf8", env }).stderr;
}

function job(master: string): StreamingContext {
  const jobFile = new URL("../spark/jobs/heartbeats.ts", import.meta.url);
  const ssc = new StreamingContext({ appName: "platform", batchInterval: 1_000, master, jobFile });
  ssc.queueStream([["a"]]).foreachRDD(() => {});
  return ssc;
}

test("executors with another processor end the job at its start, and the message names both and the setting", async (t) => {
  const said = saidOn(t, "Linux aarch64");
  await using server = await scriptedServer(
    // biome-ignore lint/correctness/useYield: it fails before its first response
    answering(async function* () {
      // As Spark wraps what a worker printed in place of an answer.
      const printed = said.replaceAll(/^/gm, "  ");
      throw new ConnectError(
        `Job aborted due to stage failure: Task 0 in stage 0.0 failed 4 times, most recent failure: org.apache.spark.SparkException: \nError from python worker:\n${printed}\nPYTHONPATH was:\n  /x\norg.apache.spark.SparkException: EOFException occurred while reading the port number from pyspark.daemon's stdout.`,
        Code.Internal,
      );
    }),
  );
  await assert.rejects(job(server.url).start(), {
    code: "INVALID_OPTION",
    retryable: false,
    message:
      /the shipped Node, for linux-x64, does not run on an executor, which is Linux aarch64 \(.+\): set nodeArchive to an archive of Node for that platform/,
  });
  assert.equal(server.calls.at(-1), "ReleaseSession");
});

test("executors whose Node was given run the job, whatever their platform is", async () => {
  const report: ProbeReport = {
    ...{ partition: 0, host: "executor", pid: 1, node: "v24.21.0", platform: "linux-arm64", folderProblem: undefined },
  };
  await using server = await scriptedServer(
    answering(async function* () {
      const builder = new BatchBuilder([{ name: "report", type: "utf8" }], "flat");
      builder.append(JSON.stringify(report));
      const value = { rowCount: 1n, data: builder.takeStream() };
      yield { serverSideSessionId, responseId: "a", responseType: { case: "arrowBatch", value } };
      yield { serverSideSessionId, responseId: "b", responseType: { case: "resultComplete", value: {} } };
    }),
  );
  const ssc = job(server.url);
  await ssc.start();
  await ssc.stop();
});
