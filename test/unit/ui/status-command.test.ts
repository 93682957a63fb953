import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { PassThrough, Readable } from "node:stream";
import { type TestContext, test } from "node:test";
import { StreamingContext } from "dstream";
import { ManualClock } from "dstream/testing";
import { runCommandLine } from "../../../src/cli/run-command-line.ts";
import { RecordedLog } from "../../support/recorded-log.ts";
import { runCommand } from "../../support/run-command.ts";

interface Paged {
  readonly ssc: StreamingContext;
  readonly clock: ManualClock;
  readonly url: string;
}

/** A job with a page, whose second batch fails. */
async function paged(t: TestContext, token?: string): Promise<Paged> {
  const clock = new ManualClock();
  const ssc = new StreamingContext({
    ...{ appName: "rows", batchInterval: 1_000, master: "local", clock, logger: new RecordedLog() },
    ui: { port: 0, ...(token !== undefined && { token }) },
  });
  ssc.queueStream([[1], [2]]).foreachRDD((_rdd, time) => {
    if (time === 2_000) throw new Error("no table");
  });
  ssc.awaitTermination().catch(() => {});
  t.after(() => ssc.stop());
  await ssc.start();
  return { ssc, clock, url: ssc.uiUrl as string };
}

/** `dstream status --watch`, once it has said something. */
async function watching(url: string): Promise<{ ended: Promise<{ code: number; output: string; errors: string }> }> {
  const [output, errors] = [new PassThrough({ encoding: "utf8" }), new PassThrough({ encoding: "utf8" })];
  const texts = { output: "", errors: "" };
  output.on("data", (text: string) => (texts.output += text));
  errors.on("data", (text: string) => (texts.errors += text));
  const code = runCommandLine(["status", url, "--watch"], { input: Readable.from([]), output, errors });
  await once(output, "data");
  return { ended: code.then((number) => ({ code: number, ...texts })) };
}

test("status --watch ends with 1 and the failure when the job fails, however soon its page is gone", async (t) => {
  const { ssc, clock, url } = await paged(t);
  await clock.advance(1_000);
  const { ended } = await watching(url);
  await clock.advance(1_000);
  await ssc.awaitTermination().catch(() => {});
  const { code, output, errors } = await ended;
  assert.deepEqual([code, errors], [1, "the job has failed\n"]);
  assert.match(output, /\n\nrows on local: failed, .*\n! \[USER_FUNCTION_FAILED\] the job has ended: .*no table/);
});

test("status --watch ends with 0 when the job was stopped", async (t) => {
  const { ssc, clock, url } = await paged(t);
  await clock.advance(1_000);
  const { ended } = await watching(url);
  await ssc.stop();
  const { code, output, errors } = await ended;
  assert.deepEqual([code, errors], [0, ""]);
  assert.match(output, /\n\nrows on local: stopped, .*\n(.*\n)*the job has ended\n$/);
});

test("status --watch of a page that goes without a word ends with 1, and says so", async () => {
  const job = { appName: "rows", master: "local", startTime: 0, batchInterval: 1_000 };
  const totals = { completed: 0, failed: 0, retries: 0, records: 0 };
  const status = { now: 0, state: "running", totals, waiting: 0, problems: [], operatorState: [] };
  const server = createServer(({ url }, response) => {
    if (url === "/api/v1/job") response.end(JSON.stringify({ job, status, batches: [] }));
    else response.writeHead(503).end();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { ended } = await watching(String((server.address() as { port: number }).port));
  server.close();
  server.closeAllConnections();
  const { code, errors } = await ended;
  assert.deepEqual([code, errors], [1, "the page is gone, and did not say how the job ended\n"]);
});

test("a path of the page's address is kept, with a slash at its end or without, and what a browser adds is not", async (t) => {
  const asked: string[] = [];
  const server = createServer(({ url }, response) => {
    asked.push(url ?? "");
    response.end("[]");
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  for (const path of ["", "/", "/jobs/a", "/jobs/a/", "/jobs/a/?x=1#/batches/7"]) {
    assert.equal((await runCommand(["state", `http://127.0.0.1:${port}${path}`])).code, 0);
  }
  const [root, below] = ["/api/v1/state", "/jobs/a/api/v1/state"];
  assert.deepEqual(asked, [root, root, below, below, below]);
});

test("what is not there, or is refused, is said with what to do in this case", async (t) => {
  const { url } = await paged(t, "secret");
  const errorOf = async (...args: string[]): Promise<string> => {
    const { code, errors } = await runCommand(args);
    assert.equal(code, 1);
    return errors;
  };
  const token = ["--token", "secret"];
  assert.match(
    await errorOf("status", url),
    /\[UI_REFUSED\] .* answers 401: the token is missing or wrong; give it as --token T, .* or as \?token=T in the address\n/,
  );
  assert.match(
    await errorOf("state", url, "totals", ...token),
    /\[UI_REFUSED\] .* answers 403: this job does not show its state: .*; give its program ui: \{ showState: true \}\n/,
  );
  assert.match(
    await errorOf("state", url, "totals", JSON.stringify("x".repeat(20_000)), ...token),
    /\[UI_REFUSED\] .* answers 431: the key is too long .*; dstream checkpoint state DIR OPERATOR KEY takes it/,
  );
  assert.match(
    await errorOf("status", `${url}/elsewhere`, ...token),
    /\[UI_UNREACHABLE\] no page of a job is at .*\/elsewhere: what is there answers 404; .*\/jobs\/ID\/\n/,
  );
  const other = createServer((_, response) => void response.writeHead(403, { "content-type": "text/html" }).end());
  await once(other.listen(0, "127.0.0.1"), "listening");
  t.after(() => other.close());
  const { port } = other.address() as { port: number };
  assert.match(await errorOf("status", String(port)), /\[UI_UNREACHABLE\] .*: what is there answers 403;/);
});

test("the token may be in the page's address, as a browser gets it; --token comes before it", async (t) => {
  const { url } = await paged(t, "secret+/=");
  const link = `${url}/?token=${encodeURIComponent("secret+/=")}`;
  assert.equal((await runCommand(["status", link])).code, 0);
  assert.equal((await runCommand(["status", url, "--token", "secret+/="])).code, 0);
  assert.equal((await runCommand(["status", link, "--token", "wrong"])).code, 1);
});
