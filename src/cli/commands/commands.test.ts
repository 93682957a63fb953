import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { after, before, test } from "node:test";
import { dstream } from "../../../test/support/dstream.ts";
import { type CommandOutcome, runCommand } from "../../../test/support/run-command.ts";
import { EmbeddedBroker } from "../../broker/embedded-broker.ts";

// Each command against an embedded broker, in this process.

let broker: EmbeddedBroker;
let folder: string;
before(async () => {
  broker = await EmbeddedBroker.start();
  folder = mkdtempSync(join(tmpdir(), "dstream-cli-"));
});
after(async () => {
  await broker.stop();
  rmSync(folder, { recursive: true });
});

const call = (args: readonly string[], input?: Readable): Promise<CommandOutcome> =>
  runCommand([...args, "--brokers", broker.bootstrapServers], input);
const succeeds = (output: string, errors = ""): CommandOutcome => ({ code: 0, output, errors });
const misused = (message: string): CommandOutcome => ({
  code: 2,
  output: "",
  errors: `error: ${message}\ndstream --help shows the commands\n`,
});

test("topics are created with partitions, listed, described and deleted", async () => {
  assert.deepEqual(await call(["topics", "create", "t2", "--partitions", "2"]), succeeds("created t2\n"));
  assert.deepEqual(await call(["topics", "create", "t1", "--config", "retention.ms=1000"]), succeeds("created t1\n"));
  assert.deepEqual(await call(["topics", "list"]), succeeds("t1\nt2\n"));
  await call(["produce", "t1"], Readable.from(["a\nb\n"]));
  assert.deepEqual(
    await call(["topics", "describe", "t1"]),
    succeeds("partition  earliest  latest\n0          0         2\n"),
  );
  for (const name of ["t1", "t2"])
    assert.deepEqual(await call(["topics", "delete", name]), succeeds(`deleted ${name}\n`));
  assert.deepEqual(await call(["topics", "list"]), succeeds(""));
});

test("topics refuses what it does not understand, before it does anything", async () => {
  const actions = "create, list, describe, delete";
  assert.deepEqual(await call(["topics"]), misused(`ACTION is missing: one of ${actions}`));
  assert.deepEqual(await call(["topics", "toString"]), misused(`no action toString of ${actions}`));
  assert.deepEqual(await call(["topics", "create"]), misused("NAME is missing"));
  assert.deepEqual(await call(["topics", "create", "a", "b"]), misused("unexpected argument b"));
  assert.deepEqual(await call(["topics", "list", "a"]), misused("unexpected argument a"));
  assert.deepEqual(
    await call(["topics", "create", "a", "--config", "nothing"]),
    misused("--config must be KEY=VALUE, not nothing"),
  );
  assert.deepEqual(await call(["topics", "list"]), succeeds(""));
});

test("produce sends lines, with keys and without, also the last one without an end; consume prints them", async () => {
  await broker.createTopic("lines");
  const lines = Readable.from(["k1:one\nk2:t", "wo:2\r\nthree\n\nfo", "ur"]);
  assert.deepEqual(await call(["produce", "lines", "--key-separator", ":"], lines), succeeds("", "5 records sent\n"));
  assert.deepEqual(await call(["consume", "lines", "--until", "end"]), succeeds("k1\tone\nk2\ttwo:2\nthree\n\nfour\n"));
});

test("produce sends a file's lines, and at the rate asked for", async () => {
  await broker.createTopic("from-file");
  const file = join(folder, "lines.txt");
  writeFileSync(file, "a\nb\nc\nd\ne\n");
  const startedAt = performance.now();
  const outcome = await call(["produce", "from-file", "--file", file, "--rate", "50"]);
  assert.deepEqual(outcome, succeeds("", "5 records sent\n"));
  assert.ok(performance.now() - startedAt >= 100, "five lines at fifty a second take a tenth of a second");
  assert.deepEqual(await call(["consume", "from-file", "--until", "end"]), succeeds("a\nb\nc\nd\ne\n"));
  const missing = await call(["produce", "from-file", "--file", join(folder, "none.txt")]);
  assert.deepEqual([missing.code, missing.errors.split(":")[1]], [2, " --file"]);
});

test("produce to a topic that is missing says so before any input comes", async () => {
  await broker.createTopic("present");
  const silent = new Readable({ read() {} });
  const { code, errors } = await call(["produce", "presnet"], silent);
  assert.equal(code, 1);
  assert.match(
    errors,
    /^error \[TOPIC_NOT_FOUND\] topic "presnet" does not exist .*; topics with a similar name: present$/m,
  );
});

test("produce with its input closed sends what came, and ends", async () => {
  await broker.createTopic("closed");
  const args = ["produce", "closed", "--brokers", broker.bootstrapServers];
  assert.deepEqual(await dstream(args), { code: 0, stdout: "", stderr: "0 records sent\n" });
  const some = await dstream(args, { onStart: ({ stdin }) => stdin.end("whole\nhalf a li") });
  assert.deepEqual(some, { code: 0, stdout: "", stderr: "2 records sent\n" });
  assert.deepEqual(await call(["consume", "closed", "--until", "end"]), succeeds("whole\nhalf a li\n"));
});

test("consume begins and ends where it is told to, as text or JSON", async () => {
  await broker.createTopic("ranges");
  await call(["produce", "ranges"], Readable.from(["a\nb\nc\nd\n"]));
  assert.deepEqual(await call(["consume", "ranges", "--from", "1", "--until", "3"]), succeeds("b\nc\n"));
  assert.deepEqual(await call(["consume", "ranges", "--max-records", "1"]), succeeds("a\n"));
  assert.deepEqual(await call(["consume", "ranges", "--from", "latest", "--until", "end"]), succeeds(""));
  const json = await call(["consume", "ranges", "--from", "3", "--until", "end", "--format", "json"]);
  const { timestamp, ...record } = JSON.parse(json.output) as { timestamp: number };
  assert.deepEqual(
    [typeof timestamp, record],
    ["number", { topic: "ranges", partition: 0, offset: 3, key: null, value: "d", headers: [] }],
  );
  assert.deepEqual(
    await call(["consume", "ranges", "--format", "xml"]),
    misused("--format must be text or json, not xml"),
  );
  assert.equal((await call(["consume", "ranges", "--from", "x"])).code, 2);
  assert.deepEqual(await call(["consume"]), misused("TOPIC is missing"));
});

test("run names the files that may be meant, also when it is given a folder", async () => {
  assert.deepEqual(await call(["run"]), misused("FILE is missing"));
  assert.deepEqual(
    await call(["run", "exmaples/word-cuont.ts"]),
    misused("exmaples/word-cuont.ts does not exist; similar: examples/word-count.ts"),
  );
  assert.deepEqual(
    await call(["run", "examples/demo"]),
    misused("examples/demo is no file; similar: examples/demo/start.ts"),
  );
  assert.equal(
    (await call(["run", "examples/word-count.ts", "local[2]"])).errors.split("\n")[0],
    "error: unexpected argument local[2]; arguments for the job stand behind --",
  );
});

test("broker says where it listens, serves, keeps its files, and ends with 0 when it is interrupted", async () => {
  const dir = join(folder, "broker");
  const results: CommandOutcome[] = [];
  const outcome = await dstream(["broker", "--port", "0", "--dir", dir], {
    onLine(line, { kill }) {
      const address = /listens on (127\.0\.0\.1:\d+)/.exec(line)?.[1];
      if (address === undefined) return;
      void runCommand(["topics", "create", "kept", "--brokers", address]).then((result) => {
        results.push(result);
        kill("SIGTERM");
      });
    },
  });
  assert.deepEqual([outcome.code, outcome.stderr, results], [0, "", [succeeds("created kept\n")]]);
  const again = await EmbeddedBroker.start({ dir });
  assert.deepEqual((await runCommand(["topics", "list", "--brokers", again.bootstrapServers])).output, "kept\n");
  await again.stop();
});
