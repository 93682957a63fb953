import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { fromSources } from "../support/from-sources.ts";
import { onEnd } from "../support/processes.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { accessibilityFindings, Chromium } from "../support/ui/chromium.ts";
import { until } from "../support/ui/until.ts";

const chromium = new Chromium();
const job = "test/ui/jobs/steady.ts";

/** The command line, with the address in its first line that has one. */
async function started(t: TestContext, args: readonly string[]): Promise<{ child: ChildProcess; url: string }> {
  const child = spawn(process.execPath, [fromSources, "src/cli/main.ts", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const forget = onEnd(() => child.kill("SIGKILL"));
  t.after(async () => {
    forget();
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGTERM");
      await once(child, "exit");
    }
  });
  const url = new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on("line", (line) => {
        const address = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
        if (address !== undefined) resolve(address);
      });
    }
    child.once("exit", (code) => reject(new Error(`it ended with ${code} and said no address`)));
  });
  return { child, url: await url };
}

interface Job {
  readonly status: { readonly totals: { readonly completed: number } };
}

test("dstream history shows a job that has ended and one that was killed, each batch of them, on the same page", async (t) => {
  const folder = temporaryDirectory(t);
  const run = ["run", job, "--ui", "0", "--event-log", folder];
  const [ending, killed] = await Promise.all([started(t, [...run, "--batches", "5"]), started(t, run)]);
  await until(async () => {
    const { status } = (await (await fetch(`${killed.url}/api/v1/job`)).json()) as Job;
    return status.totals.completed >= 8;
  });
  const gone = once(killed.child, "exit");
  killed.child.kill("SIGKILL");
  await gone;
  if (ending.child.exitCode === null) await once(ending.child, "exit");
  assert.equal(ending.child.exitCode, 0);

  const { url } = await started(t, ["history", folder, "--port", "0"]);
  const page = await chromium.open(t, url);
  await page.getByRole("heading", { name: "Jobs" }).waitFor();
  assert.deepEqual(await accessibilityFindings(page), []);
  const links = page.getByRole("link", { name: "steady" });
  assert.equal(await links.count(), 2);

  const endings: string[] = [];
  for (const i of [0, 1]) {
    await page.goto(url);
    await links.nth(i).click();
    await page.locator(".badge", { hasText: /^(stopped|killed or still running)$/ }).waitFor();
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    const completed = await page.locator("tr.completed").count();
    const isKilled = (await page.locator(".problems li", { hasText: "the log has no end" }).count()) > 0;
    assert.equal(await page.locator(".badge.unended").count(), isKilled ? 1 : 0);
    assert.equal(await page.getByRole("button", { name: "Look at the buckets" }).count(), 0);
    assert.equal(await page.getByLabel("Key, as JSON").count(), 0);
    if (isKilled) assert.ok(completed >= 8, `${completed} batches`);
    else assert.equal(completed, 5);
    await page.locator("tr.completed a").last().click();
    await page.locator(".gantt tr.stage").first().waitFor();
    await page.locator("main .facts", { hasText: "completed" }).waitFor();
    assert.deepEqual(
      asked.filter((each) => each.endsWith("/events")),
      [],
    );
    endings.push(isKilled ? "killed" : "ended");
  }
  assert.deepEqual(endings.sort(), ["ended", "killed"]);
});

test("a job that failed is shown with its error and its place in the program, as long as its log is there", async (t) => {
  const folder = temporaryDirectory(t);
  process.env.DSTREAM_TEST_FAILS_AT = "4";
  const { child } = await started(t, ["run", job, "--ui", "0", "--event-log", folder]);
  delete process.env.DSTREAM_TEST_FAILS_AT;
  await once(child, "exit");
  const { url } = await started(t, ["history", folder, "--port", "0"]);
  const page = await chromium.open(t, url);
  await page.getByRole("link", { name: "steady" }).click();
  await page.locator(".badge.failed").waitFor();
  await page.locator(".problems strong", { hasText: "USER_FUNCTION_FAILED" }).waitFor();
  await page.locator(".problems a").click();
  const reason = page.locator("main pre.error").first();
  await reason.waitFor();
  assert.match(await reason.innerText(), /the function of map .*steady\.ts:\d+:\d+.* no 4/s);
  await page.locator(".gantt").waitFor();
});
