import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { EmbeddedBroker } from "dstream/broker";
import { type DstreamOptions, dstream, type Outcome } from "../support/dstream.ts";
import { fromSources } from "../support/from-sources.ts";

// When a job has ended the command ends, whatever the program still holds open, and says by its code how. By Node alone a program
// ends when nothing is open that it opened itself.

const file = "test/recovery/jobs/ends.ts";
let broker: EmbeddedBroker;
before(async () => {
  broker = await EmbeddedBroker.start();
  await broker.createTopic("numbers");
});
after(() => broker.stop());

/** How a scenario ended, and how long that took after its first line, in ms. */
async function run(scenario: string, options: DstreamOptions = {}): Promise<Outcome & { readonly tookMs: number }> {
  let since = performance.now();
  const args = ["run", file, "--master", scenario === "producer" ? "local[2]" : "local", "--", scenario];
  const outcome = await dstream(args, {
    ...options,
    onLine(line, running) {
      if (line === "batch") since = performance.now();
      options.onLine?.(line, running);
    },
  });
  return { ...outcome, tookMs: performance.now() - since };
}

for (const [scenario, code, output, error] of [
  [
    "fails",
    1,
    "batch\n",
    /^\S+ ERROR \[JOB_ENDED\] .* \[USER_FUNCTION_FAILED\] .*; caused by RangeError: no more \(.*\); what to do: .*\n {2}caused by: RangeError: no more\n {4}at .*ends\.ts:27:65\n/,
  ],
  [
    "unawaited",
    1,
    "batch\n",
    /^\S+ ERROR \[JOB_ENDED\] the job ends has ended: it failed with .*; caused by RangeError: no more \(test\/recovery\/jobs\/ends\.ts:\d+:\d+\); what to do: .*\n$/,
  ],
  ["catches", 1, "batch\ncaught\n", /^\S+ ERROR \[JOB_ENDED\] .*\n$/],
  ["stops", 0, "batch\n", /^$/],
  ["main", 0, "batch\ncleaned up\n", /^$/],
  ["waits", 0, "batch\n", /^warning: the job ended, and the file was still waiting at its top level 700 ms later\n$/],
  ["throws", 1, "", /^RangeError: at the top\n/],
  ["rejects", 1, "batch\n", /RangeError: nobody waits\n/],
  ["exits", 7, "batch\n", /^$/],
  ["none", 0, "no job\n", /^$/],
  ["unsettled", 13, "", /^warning: the file waits at its top level for something that never comes/],
] as const) {
  test(`dstream run ends with ${code} for a program that ${scenario}`, async () => {
    const { code: seen, stdout, stderr, tookMs } = await run(scenario);
    assert.deepEqual([seen, stdout], [code, output]);
    assert.match(stderr, error);
    assert.ok(tookMs < 5_000, `${tookMs} ms`);
  });
}

for (const [scenario, codes] of [
  ["fails", ["JOB_ENDED"]],
  ["waits", ["PROGRAM_WAITS"]],
  ["throws", ["PROGRAM_FAILED"]],
] as const) {
  test(`with --log json a program that ${scenario} says nothing but lines of JSON`, async () => {
    const { stderr } = await dstream(["run", file, "--log", "json", "--log-level", "warn", "--", scenario]);
    const lines = stderr.trimEnd().split("\n");
    assert.deepEqual(
      lines.map((line) => (JSON.parse(line) as { code: string }).code),
      codes,
    );
  });
}

test("a job with a logger of its own has its failure told by the command, once", async () => {
  const { code, stderr } = await dstream(["run", file, "--", "logs-itself"]);
  assert.equal(code, 1);
  assert.match(stderr, /^error \[USER_FUNCTION_FAILED\] .*\n {2}what to do: .*\n {2}caused by: RangeError: no more\n/);
});

test("what was printed reaches a reader that takes its time", async () => {
  const child = spawn(process.execPath, [fromSources, "src/cli/main.ts", "run", file, "--", "prints"]);
  await once(child.stdout, "readable");
  await new Promise((resolve) => setTimeout(resolve, 500));
  let length = 0;
  child.stdout.on("data", (chunk: Buffer) => {
    length += chunk.length;
  });
  const [code] = await once(child, "close");
  assert.deepEqual([code, length], [0, "batch\n".length + 5_000_001]);
});

test("the first SIGTERM ends a program that holds a server open, with 0", async () => {
  const { code, tookMs } = await run("signal", { onLine: (_line, { kill }) => kill("SIGTERM") });
  assert.equal(code, 0);
  assert.ok(tookMs < 5_000, `${tookMs} ms`);
});

test("a batch that is given up at the end is said, and the code is 1", async () => {
  const { code, stderr } = await run("hangs", { onLine: (_line, { kill }) => kill("SIGTERM") });
  assert.equal(code, 1);
  assert.match(
    stderr,
    /WARN {2}\[STOP_TIMED_OUT\] the job did not end within gracefulStopTimeout \(700 ms\): batch \d+ was given up, and is not committed\n/,
  );
});

test("a second SIGTERM ends the process at once, with 143", async () => {
  const onLine: DstreamOptions["onLine"] = (_line, { kill }) => {
    kill("SIGTERM");
    setTimeout(() => kill("SIGTERM"), 100);
  };
  assert.equal((await run("hangs", { onLine })).code, 143);
});

for (const master of ["local", "local[2]"]) {
  for (const scenario of ["producer", "nothing"]) {
    test(`by Node alone a program ends that opened ${scenario} itself, on ${master}`, async () => {
      const env = { ...process.env, DSTREAM_MASTER: master, DSTREAM_BROKERS: broker.bootstrapServers };
      const child = spawn(process.execPath, [fromSources, file, scenario], { env, stdio: "inherit" });
      const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
      const [code, signal] = await once(child, "exit");
      clearTimeout(timer);
      assert.deepEqual([code, signal], [0, null]);
    });
  }
}
