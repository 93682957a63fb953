import assert from "node:assert/strict";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { dstream } from "../support/dstream.ts";
import { fromSources } from "../support/from-sources.ts";
import { startProcess } from "../support/processes.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

// Programs that can't go on say why, with a code, and end: none of them hangs.

for (const master of ["local", "local[2]"]) {
  test(`a function that throws is named with its file and line on ${master}`, async () => {
    const { code, stderr } = await dstream(["run", "test/unit/jobs/throws-in-map.ts", "--master", master]);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /\[USER_FUNCTION_FAILED\] the function of map \(test\/unit\/jobs\/throws-in-map\.ts:6:\d+\) threw TypeError at test\/unit\/jobs\/throws-in-map\.ts:7:\d+/,
    );
    assert.match(stderr, /no b please/);
  });
}

test("threads that die between batches are said once, with the cause and its line; after a few of them the job ends", async () => {
  const { code, stderr } = await dstream(["run", "test/unit/jobs/dies-between-batches.ts", "--master", "local[1]"]);
  assert.equal(code, 1);
  const why =
    "a worker thread failed with RangeError; caused by RangeError: lost in a worker \\(test/unit/jobs/dies-between-batches.ts:13:\\d+\\)";
  const warnings = stderr.match(
    new RegExp(` WARN {2}\\[WORKER_ENDED\\] a worker thread ended between tasks, .*: \\[WORKER_DIED\\] ${why}`, "g"),
  );
  assert.ok(warnings !== null);
  assert.match(
    stderr,
    /failed with \[WORKER_DIED\] worker threads end between tasks again and again, \d times so far: /,
  );
  assert.match(stderr, /caused by: RangeError: lost in a worker\n {4}at .*dies-between-batches\.ts:13/);
});

test("a file that builds another graph in workers is refused", async () => {
  const { code, stderr } = await dstream(["run", "test/unit/jobs/other-graph-in-workers.ts", "--master", "local[2]"]);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /\[GRAPH_MISMATCH\] operator 1 is "output print of \[0\]" in the driver and "filter queue\/filter of \[0\]" in a worker/,
  );
});

test("a function of transform that makes something else in workers is refused", async () => {
  const { code, stderr } = await dstream([
    "run",
    "test/unit/jobs/other-transform-in-workers.ts",
    "--master",
    "local[2]",
  ]);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /\[GRAPH_MISMATCH\] operator 1 is "map transform > map of \[0\]" in the driver and "filter transform > filter of \[0\]" in a worker, in batch \d+: what a function of transform builds may depend on its RDDs, the time and broadcasts only/,
  );
});

test("a static RDD that has other rows in workers is refused", async () => {
  const { code, stderr } = await dstream(["run", "test/unit/jobs/other-rows-in-workers.ts", "--master", "local[2]"]);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /\[GRAPH_MISMATCH\] operator \d is "source parallelize of \[\]: 1 rows in 1 partitions, checksum \d+" in the driver and "source parallelize of \[\]: 1 rows in 1 partitions, checksum \d+" in a worker/,
  );
});

test("a worker that reads a broadcast outside of its tasks is told so", async () => {
  const { code, stderr } = await dstream([
    "run",
    "test/unit/jobs/reads-broadcast-in-worker.ts",
    "--master",
    "local[2]",
  ]);
  assert.equal(code, 1);
  assert.match(stderr, /\[ILLEGAL_STATE\] a broadcast can be read in a worker only while a task runs/);
});

test("a file that does not call start() in workers is refused", async () => {
  const { code, stderr } = await dstream(["run", "test/unit/jobs/never-starts-in-workers.ts", "--master", "local[2]"]);
  assert.equal(code, 1);
  assert.match(stderr, /\[GRAPH_MISMATCH\] a worker ended without calling start\(\)/);
});

for (const [when, extra, message] of [
  ["the start of driver and worker", [], "changed after the driver had started"],
  ["its loading and start()", ["before-start"], "changed after the program had loaded it"],
] as const)
  test(`a module that changes between ${when} is refused by its name`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "dstream-job-"));
    const [job, helper] = [join(folder, "job.ts"), join(folder, "helper.ts")];
    copyFileSync("test/unit/jobs/changes-its-import.ts", job);
    writeFileSync(helper, "export const add = (a: number, b: number): number => a + b;\n");
    const { code, stderr } = await dstream([
      "run",
      job,
      "--master",
      "local[2]",
      "--",
      pathToFileURL("src/index.ts").href,
      ...extra,
    ]);
    rmSync(folder, { recursive: true });
    assert.equal(code, 1);
    assert.ok(stderr.includes(`failed with [BUILD_MISMATCH] ${helper} ${message}`), stderr);
  });

test("a broker that is not there is named with the reason while the start waits for it, which a signal ends", async (t) => {
  const checkpoint = ["--checkpoint", temporaryDirectory(t)];
  const args = ["run", "examples/word-count.ts", "--brokers", "127.0.0.1:1", ...checkpoint];
  const child = startProcess(process.execPath, [fromSources, "src/cli/main.ts", ...args]);
  const ended = once(child, "exit");
  let stderr = "";
  for await (const text of child.stderr ?? []) {
    stderr += text;
    if (stderr.includes("waits up to a minute")) break;
  }
  child.kill("SIGTERM");
  assert.deepEqual(await ended, [0, null]);
  assert.match(
    stderr,
    /\[BROKER_UNREACHABLE\] no broker of 127\.0\.0\.1:1 can be reached: 127\.0\.0\.1:1 cannot be reached \(ECONNREFUSED\)/,
  );
});

test("a server that is no Kafka broker is recognised by its answer", async () => {
  const server = createServer((socket) => socket.on("error", () => {}).end("HTTP/1.1 400 Bad Request\r\n\r\n")).listen(
    0,
    "127.0.0.1",
  );
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const { code, stderr } = await dstream(["topics", "list", "--brokers", `127.0.0.1:${port}`]);
  server.close();
  assert.equal(code, 1);
  assert.match(stderr, /\[FRAME_TOO_LARGE\]/);
});

test("a port in use is refused with what to do", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const { code, stderr } = await dstream(["broker", "--port", String(port)]);
  server.close();
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`\\[PORT_IN_USE\\] port ${port} of 127\\.0\\.0\\.1 is in use`));
});

test("wrong usage ends with 2 and names the nearest", async () => {
  const option = await dstream(["run", "examples/word-count.ts", "--mastr", "local"]);
  assert.deepEqual(
    [option.code, option.stderr.split("\n")[0]],
    [2, "error: unknown option --mastr; did you mean --master?"],
  );
  const file = await dstream(["run", "examples/word-cuont.ts"]);
  assert.deepEqual(
    [file.code, file.stderr.split("\n")[0]],
    [2, "error: examples/word-cuont.ts does not exist; similar: examples/word-count.ts"],
  );
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test(`${signal} in mid-batch lets the batch end, then the program, with 0`, async () => {
    let sent = false;
    const { code, stdout } = await dstream(["run", "test/unit/jobs/counts-slowly.ts"], {
      onLine(line, { kill }) {
        if (!line.startsWith("began") || sent) return;
        sent = true;
        kill(signal);
      },
    });
    assert.equal(code, 0);
    const [began, ended, last] = stdout.trim().split("\n");
    assert.deepEqual([began?.replace("began", "ended"), last], [ended, "terminated"]);
  });
}

test("a second SIGINT ends the program at once with 130", async () => {
  const { code } = await dstream(["run", "test/unit/jobs/counts-slowly.ts"], {
    onLine(line, { kill }) {
      if (!line.startsWith("began")) return;
      kill("SIGINT");
      setTimeout(() => kill("SIGINT"), 50);
    },
  });
  assert.equal(code, 130);
});
