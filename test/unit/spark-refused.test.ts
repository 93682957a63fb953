import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import { StreamingContext } from "dstream";
import { dstream, type Running } from "../support/dstream.ts";
import { freePort } from "../support/free-port.ts";
import { scriptedServer } from "../support/spark/scripted-server.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

// What a job says that names a Spark it cannot run on, or that is interrupted on its way there.

test("a job whose Spark server is not there ends with code 1, and says which address did not answer", async (t) => {
  const port = await freePort();
  const checkpoint = ["--checkpoint", temporaryDirectory(t)];
  const args = ["run", "examples/word-count.ts", "--master", `sc://127.0.0.1:${port}`, ...checkpoint];
  const { code, stdout, stderr } = await dstream(args);
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(
    stderr,
    new RegExp(
      `SPARK_UNREACHABLE\\] no Spark Connect server answered .* at 127\\.0\\.0\\.1:${port} \\(ECONNREFUSED\\)`,
    ),
  );
});

test("a Spark whose workers we do not know is refused, with the versions that we do", async () => {
  const serverSideSessionId = "server-session";
  await using server = await scriptedServer({
    analyzePlan: () => ({ serverSideSessionId, result: { case: "sparkVersion", value: { version: "3.4.1" } } }),
  });
  const ssc = new StreamingContext({ appName: "too-old", batchInterval: 1_000, master: server.url });
  ssc.queueStream([["a"]]).print();
  await assert.rejects(ssc.start(), {
    code: "SPARK_VERSION_UNSUPPORTED",
    message: /runs Spark 3\.4\.1; supported are 3\.5, 4\.0, 4\.1, 4\.2, 4\.3$/,
  });
});

test("an interrupt while the job is on its way to Spark ends it as asked, whatever then fails of its start", async () => {
  let running: Running | undefined;
  await using server = await scriptedServer({
    addArtifacts: async (requests) => {
      for await (const _ of requests);
      running?.kill("SIGINT");
      await delay(500);
      throw new ConnectError("too late", Code.Internal);
    },
  });
  const { code, stdout, stderr } = await dstream(["run", "test/spark/jobs/heartbeats.ts", "--master", server.url], {
    onStart: (started) => {
      running = started;
    },
  });
  assert.deepEqual([code, stdout, stderr], [0, "", ""]);
  assert.equal(server.calls.includes("ReleaseSession"), true);
});
